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
    sync::{Semaphore, oneshot},
    time::{Instant, sleep},
};

use crate::{
    alerts::Alerts,
    api,
    background::Background,
    guard::{Guard, guard},
    page::{self, Site},
    printer::Printer,
    store::Store,
    timing::Timing,
    track::track,
    watch::watch,
    webhook::Webhook,
};

/// When the server stops: how long open requests are given, ...
const STOP_TIME: Duration = Duration::from_millis(1800);
/// ... how long after the signal notifications are given up, ...
const SEND_TIME: Duration = Duration::from_millis(2300);
/// ... and how long after it lines are. Together with what is left to do it takes three seconds.
const PRINT_TIME: Duration = Duration::from_millis(2800);
/// Requests whose bodies are held at the same time unless they are small: 64 MiB at the very most.
const MAX_READING: usize = 16;
/// Bodies that are unpacked at the same time. Unpacked, they take the most memory.
const MAX_UNPACKING: usize = 1;

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
    webhook: Option<Webhook>,
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
        Ok(Self { listener, addr, store, alerts, webhook: None })
    }

    /// Evaluates these rules. Without them there are none at first.
    #[must_use]
    pub fn watching(self, alerts: Arc<Alerts>) -> Self {
        Self { alerts, ..self }
    }

    /// Tells a web service when an alert fires or is resolved.
    #[must_use]
    pub fn notifying(self, webhook: Webhook) -> Self {
        Self { webhook: Some(webhook), ..self }
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
        let (sender, sending) = match self.webhook {
            Some(webhook) => webhook.start(printer.clone()).map(|(a, b)| (Some(a), Some(b)))?,
            None => (None, None),
        };
        let watching =
            watch(Arc::clone(&self.store), Arc::clone(&self.alerts), printer.clone(), sender);
        let background = Background::new();
        let app = App {
            store: self.store,
            alerts: self.alerts,
            printer,
            background: background.clone(),
            reading: Arc::new(Semaphore::new(MAX_READING)),
            unpacking: Arc::new(Semaphore::new(MAX_UNPACKING)),
        };
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
        if let Some(sending) = sending {
            sending.finish(end + SEND_TIME).await;
        }
        writer.finish(end + PRINT_TIME).await;
        result
    }
}

/// What every request needs.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Arc<Store>,
    pub(crate) alerts: Arc<Alerts>,
    pub(crate) printer: Printer,
    /// Where answers are made that take a while.
    pub(crate) background: Background,
    /// Held by a request while its body is in memory and not small.
    pub(crate) reading: Arc<Semaphore>,
    /// Held by a request while its body is being unpacked.
    pub(crate) unpacking: Arc<Semaphore>,
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
