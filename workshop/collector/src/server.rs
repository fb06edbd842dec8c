//! The HTTP server: receives requests, and shuts down in bounded time.

use std::future::Future;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, Method, Request, Uri, header};
use axum::response::Response;
use axum::routing::any;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::answer::{self, Refusal};
use crate::body::{self, Compression};
use crate::decode::{Encoding, decode};
use crate::health;
use crate::output::Output;
use crate::request::ExportRequest;

/// The time for open requests to complete after the shutdown signal.
const GRACE: Duration = Duration::from_secs(2);

/// The server cannot listen on an address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct BindError {
    /// The requested address.
    pub address: String,
    /// The I/O error.
    pub source: io::Error,
}

/// The stand-in. It accepts connections, but sends no response before [`Collector::serve`].
#[derive(Debug)]
pub struct Collector {
    otlp: TcpListener,
    health: TcpListener,
}

impl Collector {
    /// Listens on `listen` for OTLP and on `health` for health checks, both `HOST:PORT`. Port 0
    /// selects a free port.
    pub async fn bind(listen: &str, health: &str) -> Result<Self, BindError> {
        Ok(Self { otlp: bind(listen).await?, health: bind(health).await? })
    }

    /// The address of the OTLP receiver, with the port that was selected.
    pub fn otlp_address(&self) -> io::Result<SocketAddr> {
        self.otlp.local_addr()
    }

    /// The address of the health checks, with the port that was selected.
    pub fn health_address(&self) -> io::Result<SocketAddr> {
        self.health.local_addr()
    }

    /// Serves until `shutdown` completes, and for at most two more seconds if requests are open.
    /// The text of each request is written to `out`, and flushed, before the response is sent.
    ///
    /// If `out` blocks, a thread of tokio also blocks. Therefore, stop the runtime with
    /// `shutdown_timeout` or `shutdown_background`.
    pub async fn serve(
        self,
        out: impl Write + Send + 'static,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let (stop, stopped) = watch::channel(());
        let until_stopped = |mut stopped: watch::Receiver<()>| async move {
            // An error means that the sender was dropped, which is the signal to stop.
            let _ = stopped.changed().await;
        };
        let otlp = axum::serve(self.otlp, otlp_router(Output::new(out)))
            .with_graceful_shutdown(until_stopped(stopped.clone()));
        let health = axum::serve(self.health, health::router())
            .with_graceful_shutdown(until_stopped(stopped));
        let serve = async { tokio::try_join!(otlp, health).map(|_| ()) };
        let deadline = async {
            shutdown.await;
            drop(stop);
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            served = serve => served,
            () = deadline => Ok(()),
        }
    }
}

async fn bind(address: &str) -> Result<TcpListener, BindError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|source| BindError { address: address.to_owned(), source })
}

fn otlp_router(output: Output) -> Router {
    Router::new()
        .route(ExportMetricsServiceRequest::PATH, any(receive::<ExportMetricsServiceRequest>))
        .route(ExportTraceServiceRequest::PATH, any(receive::<ExportTraceServiceRequest>))
        .route(ExportLogsServiceRequest::PATH, any(receive::<ExportLogsServiceRequest>))
        .fallback(unknown_path)
        .with_state(output)
}

async fn unknown_path(uri: Uri, headers: HeaderMap) -> Response {
    answer::refusal(encoding(&headers), &Refusal::Path(uri.path().to_owned()))
}

async fn receive<R: ExportRequest>(
    State(output): State<Output>,
    request: Request<Body>,
) -> Response {
    let encoding = encoding(request.headers());
    match accept::<R>(output, encoding, request).await {
        Ok(encoding) => answer::success(encoding),
        Err(refusal) => answer::refusal(encoding, &refusal),
    }
}

/// Checks a request in the same order as the Collector, so that a request with two errors gets the
/// same response.
async fn accept<R: ExportRequest>(
    output: Output,
    encoding: Option<Encoding>,
    request: Request<Body>,
) -> Result<Encoding, Refusal> {
    let coding = header(request.headers(), &header::CONTENT_ENCODING);
    let compression = Compression::from_content_encoding(&coding)
        .ok_or_else(|| Refusal::ContentEncoding(coding))?;
    if request.method() != Method::POST {
        return Err(Refusal::Method(request.method().to_string()));
    }
    let encoding = encoding.ok_or(Refusal::MediaType)?;
    let received = body::receive(request.into_body()).await?;
    let decode = move || Ok(decode::<R>(encoding, &body::decompress(compression, received)?)?);
    output.print(decode).await?;
    Ok(encoding)
}

fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    Encoding::from_content_type(&header(headers, &header::CONTENT_TYPE))
}

/// The first value of a header, or an empty string.
fn header(headers: &HeaderMap, name: &HeaderName) -> String {
    let value = headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    value.unwrap_or_default().into_owned()
}
