//! Step 05, synthetic latency: answers come up to 3 s late, until an alert notices.
//! New: one line in `app.rs`, and its imports.
//!
//! Run as step 04, with `cargo run -p step-05`, and open <http://127.0.0.1:8000/Ada/> for a while.

use std::{io, process, time::Duration};

use anyhow::{Context, Result};
use axum::Router;
use step_05::{app::app, telemetry, variable};
use tokio::{net::TcpListener, signal, time::sleep};

fn main() {
    if let Err(error) = run() {
        eprintln!("error: {error:#}");
        process::exit(1);
    }
}

fn run() -> Result<()> {
    // The same seed gives the same verdicts again, so that a class sees what the book shows.
    fastrand::seed(variable("SEED", fastrand::u64(..), "a whole number")?);
    let provider = telemetry::init()?;
    let served = serve(app());
    provider.shutdown().unwrap_or_else(|_| eprintln!("the last metrics may be lost"));
    served
}

/// Serves until Ctrl-C or SIGTERM. One thread is plenty, and a seed holds for one thread only.
#[tokio::main(flavor = "current_thread")]
async fn serve(app: Router) -> Result<()> {
    let port = variable("PORT", 8000, "a port from 0 to 65535, where 0 takes any free one")?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await;
    let listener = listener
        .with_context(|| format!("cannot listen on port {port} (PORT=0 takes any free one)"))?;
    let address = listener.local_addr()?;
    let (stop, hurry) = (stop_signal()?, stop_signal()?);
    eprintln!("Listening on http://{address} (try http://{address}/Ada/)");
    tokio::select! {
        served = axum::serve(listener, app).with_graceful_shutdown(stop) => served?,
        // Left to itself, a graceful shutdown waits for the slowest client, for ever.
        () = async { hurry.await; sleep(Duration::from_secs(5)).await } => {
            eprintln!("stopping, though some requests are still open");
        }
    }
    Ok(())
}

/// Listens for Ctrl-C and SIGTERM from the call on, so that none is missed before it is awaited.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    use signal::unix::{SignalKind, signal};
    #[cfg(unix)]
    let mut signals = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    #[cfg(windows)]
    let mut signals = (signal::windows::ctrl_c()?, signal::windows::ctrl_shutdown()?);
    Ok(async move {
        tokio::select! { _ = signals.0.recv() => (), _ = signals.1.recv() => () }
    })
}
