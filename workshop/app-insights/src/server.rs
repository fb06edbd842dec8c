//! Listens, knows what is where, and stops in bounded time.

use std::{
    future::Future,
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{Router, middleware::from_fn_with_state, routing::post};
use thiserror::Error;
use tokio::{
    net::TcpListener,
    sync::oneshot,
    time::{Instant, sleep},
};

use crate::{
    alerts::Alerts,
    api,
    app::App,
    background::Background,
    evaluator,
    guard::{Guard, guard},
    page::{self, Site},
    printer::Printer,
    store::Store,
    timing::Timing,
    track::track,
};

/// When the server stops: how long open requests are given, ...
const STOP_TIME: Duration = Duration::from_millis(1800);
/// ... and how long after the signal unprinted lines are given up. Together with the rest of the
/// work the end takes at most three seconds.
const PRINT_TIME: Duration = Duration::from_millis(2800);
/// The address cannot be listened on.
#[derive(Debug, Error)]
#[error("Cannot listen on {addr}: {source}")]
pub struct BindError {
    /// The address asked for.
    pub addr: SocketAddr,
    /// What the system says.
    pub source: io::Error,
}

/// A server that listens already, though it does not answer yet.
pub struct Server {
    listener: TcpListener,
    addr: SocketAddr,
    store: Arc<Store>,
    alerts: Arc<Alerts>,
}

impl Server {
    /// Listens on `addr` (port 0 takes any free port), to put into `store` what comes in.
    ///
    /// # Errors
    ///
    /// When the address is taken, is not this machine's, or is not allowed.
    pub async fn bind(addr: SocketAddr, store: Arc<Store>) -> Result<Self, BindError> {
        let failed = |source| BindError { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let grain = u32::try_from(store.grain().as_secs()).unwrap_or(u32::MAX);
        let alerts = Arc::new(Alerts::new(Timing::of_grain(grain)));
        Ok(Self { listener, addr, store, alerts })
    }

    /// Evaluates these rules. Without them there are none at first.
    #[must_use]
    pub fn watching(self, alerts: Arc<Alerts>) -> Self {
        Self { alerts, ..self }
    }

    /// The address it really listens on.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// The connection string for an app on this machine. Its key is all noughts: any is taken.
    #[must_use]
    pub fn connection_string(&self) -> String {
        let mut addr = self.addr;
        if addr.ip().is_unspecified() {
            addr.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        format!(
            "InstrumentationKey=00000000-0000-0000-0000-000000000000;\
             IngestionEndpoint=http://{addr}/"
        )
    }

    /// Serves until `shutdown` is done, then gives open requests a bounded time.
    ///
    /// `out` gets a line for every batch of which something was accepted, and `err` everything
    /// else, such as a line for every alert that fires or is resolved. Neither can make the server
    /// wait.
    ///
    /// # Errors
    ///
    /// When the system fails it; a client cannot make it fail.
    pub async fn serve(
        self,
        out: impl Write + Send + 'static,
        err: impl Write + Send + 'static,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let (printer, writer) = Printer::start(out, err)?;
        let connection = self.connection_string();
        let watching =
            evaluator::run(Arc::clone(&self.store), Arc::clone(&self.alerts), printer.clone());
        let background = Background::new();
        let app = App::new(self.store, self.alerts, printer, background.clone());
        let (store, alerts) = (Arc::clone(&app.store), Arc::clone(&app.alerts));
        let site = Arc::new(Site::new(store, alerts, connection, background));
        let (stopping, stop) = oneshot::channel();
        let stopped_at = Arc::new(OnceLock::new());
        let signal = Arc::clone(&stopped_at);
        let graceful = axum::serve(self.listener, router(app, site, self.addr))
            .with_graceful_shutdown(async move {
                shutdown.await;
                signal.get_or_init(Instant::now);
                // Nobody listens if the server has failed, and then nothing is to be stopped.
                let _ = stopping.send(());
            });
        let result = tokio::select! {
            result = graceful => result,
            () = async {
                let _ = stop.await;
                sleep(STOP_TIME).await;
            } => Ok(()),
            never = watching => match never {},
        };
        let end = *stopped_at.get_or_init(Instant::now);
        writer.finish(end + PRINT_TIME).await;
        result
    }
}

fn router(app: App, site: Arc<Site>, addr: SocketAddr) -> Router {
    // Everything but the ingestion, which anybody may use under any name.
    let guarded = Router::new()
        .merge(page::router(site))
        .merge(api::routes())
        .layer(from_fn_with_state(Guard(addr), guard));
    Router::new()
        .merge(guarded)
        .route("/v2/track", post(track))
        .route("/v2.1/track", post(track))
        // Python's exporter appends its path to the endpoint as it is, and the portal's connection
        // strings end with a slash.
        .route("//v2.1/track", post(track))
        .method_not_allowed_fallback(async || page::not_allowed())
        .with_state(app)
}
