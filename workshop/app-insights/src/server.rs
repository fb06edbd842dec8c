//! Listens, connects the routes, and stops in bounded time.

use std::{
    future::Future,
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use tokio::{net::TcpListener, sync::oneshot, time::sleep};

use crate::{
    alerts::{Alerts, evaluator},
    api,
    background::Background,
    body::Reader,
    guard::guard,
    ingest::{self, Ingest},
    page::{self, Site},
    printer::Printer,
    store::Store,
};

/// The time for open requests to complete after the signal. Including the time for unprinted lines,
/// the shutdown takes at most three seconds.
const STOP_TIME: Duration = Duration::from_millis(1800);

/// A server that accepts connections, but does not yet respond.
pub struct Server {
    listener: TcpListener,
    addr: SocketAddr,
    store: Arc<Store>,
    alerts: Arc<Alerts>,
}

impl Server {
    /// Listens on `addr` (port 0 selects a free port). [`serve`](Self::serve) will keep telemetry
    /// in `store` and evaluate the rules of `alerts`.
    pub async fn bind(
        addr: SocketAddr,
        store: Arc<Store>,
        alerts: Arc<Alerts>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        Ok(Self { listener, addr, store, alerts })
    }

    /// The address on which the server listens, with the actual port.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// The connection string for an app on this machine. Its key is all zeros, because any key is
    /// accepted.
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

    /// Serves until `shutdown` completes, then gives open requests a bounded time.
    ///
    /// `out` receives a line for every accepted batch. `err` receives all other lines, such as a
    /// line for every alert that fires or is resolved. A slow reader does not block the server.
    pub async fn serve(
        self,
        out: impl Write + Send + 'static,
        err: impl Write + Send + 'static,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let (printer, writer) = Printer::start(out, err)?;
        let routes = self.routes(&printer);
        let (stopping, stopped) = oneshot::channel();
        let graceful = axum::serve(self.listener, routes).with_graceful_shutdown(async move {
            shutdown.await;
            // The receiver no longer exists if the server has failed.
            let _ = stopping.send(());
        });
        let result = tokio::select! {
            result = graceful => result,
            () = async {
                let _ = stopped.await;
                sleep(STOP_TIME).await;
            } => Ok(()),
            never = evaluator::run(self.store, self.alerts, printer) => match never {},
        };
        writer.finish().await;
        result
    }

    fn routes(&self, printer: &Printer) -> Router {
        let (store, alerts) = (Arc::clone(&self.store), Arc::clone(&self.alerts));
        let (background, reader) = (Background::new(), Reader::new());
        let api = api::routes(Arc::clone(&store), Arc::clone(&alerts), background.clone());
        let ingest = Ingest::new(Arc::clone(&store), printer.clone(), reader.clone());
        let connection = self.connection_string();
        let site = Site::new(store, alerts, connection, background, reader);
        // Exporters may use any host name, so only the page and the API are guarded.
        let guarded = guard(page::routes(site).merge(api), self.addr);
        page::add_headers(guarded)
            .merge(ingest::routes(ingest))
            .method_not_allowed_fallback(async || page::not_allowed())
    }
}
