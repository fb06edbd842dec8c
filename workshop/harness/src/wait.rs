//! Waiting for a condition that has no notification.

use std::{
    io, thread,
    time::{Duration, Instant},
};

use crate::Error;

const LIMIT: Duration = Duration::from_secs(60);

/// Waits at most one minute until `condition` is true. `what` names the condition in the error.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) -> Result<(), Error> {
    let deadline = Instant::now() + LIMIT;
    while !condition() {
        if Instant::now() > deadline {
            let message = format!("waited {LIMIT:?} for this: {what}");
            return Err(io::Error::new(io::ErrorKind::TimedOut, message).into());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
