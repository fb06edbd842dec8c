//! Waits for Ctrl-C or a termination signal, for the programs of `workshop/`.
//!
//! Each step has its own copy of this code, because learners copy the steps.

use std::io;

/// Completes at the first Ctrl-C or SIGTERM, which `docker stop` sends.
///
/// After this call, neither signal kills the program. Call this function before the program prints
/// that it is ready.
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

/// Completes at the first Ctrl-C, or when Windows shuts down.
///
/// After this call, Ctrl-C does not kill the program. Call this function before the program prints
/// that it is ready.
#[cfg(windows)]
pub fn stop() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::windows::{ctrl_c, ctrl_shutdown};
    let mut interrupt = ctrl_c()?;
    let mut shutdown = ctrl_shutdown()?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = shutdown.recv() => {}
        }
    })
}
