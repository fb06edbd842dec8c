//! Step 07, logs: what happened, and in which trace.
//! New: `logs.rs`, two events in `verdict.rs`, and a task in `app.rs`.
//!
//! Run `PORT=8001 OTEL_SERVICE_NAME=verdicts cargo run -p step-07`, and in another terminal
//! `VERDICT_URL=http://127.0.0.1:8001 cargo run -p step-07`, then open <http://127.0.0.1:8000/Ada/>.

use std::{io, process, time::Duration};

use anyhow::{Context, Result};
use axum::Router;
use step_07::{app::app, telemetry, variable, verdict::Judge};
use tokio::{net::TcpListener, time::sleep};

fn main() {
    if let Err(error) = run() {
        eprintln!("error: {error:#}");
        process::exit(1);
    }
}

fn run() -> Result<()> {
    // The same seed gives the same verdicts, so that a class sees what the book shows.
    fastrand::seed(variable("SEED", fastrand::u64(..), "a whole number")?);
    let judge = variable("VERDICT_URL", Judge::default(), "an address like http://127.0.0.1:8001")?;
    let (provider, tracer_provider, logger_provider) = telemetry::init()?;
    let result = serve(app(judge));
    if provider.shutdown().is_err() {
        eprintln!("the last metrics may be lost");
    }
    if tracer_provider.shutdown().is_err() {
        eprintln!("the last spans may be lost");
    }
    if logger_provider.shutdown().is_err() {
        eprintln!("the last logs may be lost");
    }
    result
}

/// Serves until Ctrl-C or SIGTERM. One thread is enough, and a seed applies to one thread only.
#[tokio::main(flavor = "current_thread")]
async fn serve(app: Router) -> Result<()> {
    let port: u16 = variable("PORT", 8000, "a port from 0 to 65535, where 0 takes any free one")?;
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .with_context(|| format!("cannot listen on port {port} (PORT=0 takes any free one)"))?;
    let address = listener.local_addr()?;
    let shutdown = shutdown_signal()?;
    let deadline = shutdown_signal()?;
    eprintln!("Listening on http://{address} (try http://{address}/Ada/)");
    tokio::select! {
        result = axum::serve(listener, app).with_graceful_shutdown(shutdown) => result?,
        // A graceful shutdown waits for the slowest client, without a limit of its own.
        () = async { deadline.await; sleep(Duration::from_secs(5)).await } => {
            eprintln!("stopped with requests still open");
        }
    }
    Ok(())
}

/// Returns a future that ends at Ctrl-C or SIGTERM. Signals count from this call on, not only
/// from the first poll of the future, so none is missed.
#[cfg(unix)]
fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
        }
    })
}

/// The same for Windows, which has no SIGTERM but sends an event when it shuts down.
#[cfg(windows)]
fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::windows::{ctrl_c, ctrl_shutdown};
    let mut interrupt = ctrl_c()?;
    let mut terminate = ctrl_shutdown()?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
        }
    })
}
