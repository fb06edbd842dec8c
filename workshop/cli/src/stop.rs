//! Ctrl-C and SIGTERM.

use std::io;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// The time that open requests and builds have after Ctrl-C.
pub const GRACE: Duration = Duration::from_secs(2);

/// A token that Ctrl-C and SIGTERM cancel.
pub fn at_signal() -> io::Result<CancellationToken> {
    let signal = signals::stop()?;
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        signal.await;
        stopping.cancel();
    });
    Ok(stop)
}
