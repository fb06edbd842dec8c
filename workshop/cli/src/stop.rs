//! Ctrl-C and SIGTERM.

use std::future::Future;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;

/// The time that open requests and builds have to finish after Ctrl-C.
pub const GRACE: Duration = Duration::from_secs(2);

/// Runs `work` to its end, and then waits for its threads for at most [`GRACE`].
pub fn run<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("Cannot start the runtime")?;
    let result = runtime.block_on(work);
    runtime.shutdown_timeout(GRACE);
    result
}

/// A token that Ctrl-C and SIGTERM cancel.
pub fn at_signal() -> Result<CancellationToken> {
    let signal = signals::stop().context("Cannot listen for Ctrl-C")?;
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        signal.await;
        stopping.cancel();
    });
    Ok(stop)
}
