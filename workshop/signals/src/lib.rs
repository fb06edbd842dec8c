//! Waits until whoever started a program wants it to stop: by Ctrl-C, or as `docker stop` does.
//!
//! For the programs of `workshop/` alone. Each step has its own, as it is there to be copied.

use std::io;

/// Done at the first Ctrl-C or SIGTERM. From the call on, neither kills the program any more, so
/// call it before anybody is told that the program is ready.
///
/// # Errors
/// When the system does not let us listen for signals.
#[cfg(unix)]
pub fn stop() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Done at the first Ctrl-C. From the call on, it does not kill the program any more, so call it
/// before anybody is told that the program is ready.
///
/// # Errors
/// When the system does not let us listen for it.
#[cfg(windows)]
pub fn stop() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
