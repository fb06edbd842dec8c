//! Listens, hands each request through decoding and printing, and stops in bounded time.

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
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::answer::{self, Refusal};
use crate::body::{self, Compression};
use crate::decode::{Encoding, decode};
use crate::health;
use crate::output::Output;

/// How long requests that are under way may take to finish after the shutdown signal.
const GRACE: Duration = Duration::from_secs(2);

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct BindError {
    /// The address as it was asked for.
    pub address: String,
    /// What the system says.
    pub source: io::Error,
}

/// The stand-in, listening but not yet serving.
#[derive(Debug)]
pub struct Collector {
    otlp: TcpListener,
    health: TcpListener,
}

impl Collector {
    /// Listens on `listen` for OTLP and on `health` for health checks, both `HOST:PORT`. Port 0
    /// takes any free port.
    ///
    /// # Errors
    /// An address that is no address, is not this machine's, or is taken.
    pub async fn bind(listen: &str, health: &str) -> Result<Self, BindError> {
        Ok(Self { otlp: bind(listen).await?, health: bind(health).await? })
    }

    /// The address of the OTLP receiver, with its real port.
    ///
    /// # Errors
    /// Those of the system, which are not to be expected.
    pub fn otlp_address(&self) -> io::Result<SocketAddr> {
        self.otlp.local_addr()
    }

    /// The address of the health checks, with its real port.
    ///
    /// # Errors
    /// Those of the system, which are not to be expected.
    pub fn health_address(&self) -> io::Result<SocketAddr> {
        self.health.local_addr()
    }

    /// Serves until `shutdown` is done, and at most two seconds longer for requests that are under
    /// way. The text of each request is written to `out`, and flushed, before it is answered.
    ///
    /// When `out` blocks for ever, so does a thread of tokio's: let the runtime end with
    /// `shutdown_timeout` or `shutdown_background`.
    ///
    /// # Errors
    /// Those of the system, which are not to be expected.
    pub async fn serve(
        self,
        out: impl Write + Send + 'static,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let (stop, stopped) = watch::channel(());
        let until_stopped = |mut stopped: watch::Receiver<()>| async move {
            // An error means that the sender is gone, which is a reason to stop as well.
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
    // The real Collector has the paths of those signals alone that its pipelines are for.
    Router::new().route("/v1/metrics", any(metrics)).fallback(unknown_path).with_state(output)
}

async fn unknown_path(uri: Uri, headers: HeaderMap) -> Response {
    answer::refusal(encoding(&headers), &Refusal::Path(uri.path().to_owned()))
}

async fn metrics(State(output): State<Output>, request: Request<Body>) -> Response {
    let encoding = encoding(request.headers());
    match accept(output, encoding, request).await {
        Ok(encoding) => answer::success(encoding),
        Err(refusal) => answer::refusal(encoding, &refusal),
    }
}

/// Checks in the same order as the Collector, so that a request with two mistakes is refused for
/// the same one.
async fn accept(
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
    output.print(move || Ok(decode(encoding, &body::decompress(compression, received)?)?)).await?;
    Ok(encoding)
}

fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    Encoding::from_content_type(&header(headers, &header::CONTENT_TYPE))
}

/// The header's first value, or an empty one.
fn header(headers: &HeaderMap, name: &HeaderName) -> String {
    let value = headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    value.unwrap_or_default().into_owned()
}
