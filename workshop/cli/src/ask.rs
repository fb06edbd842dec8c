//! Asks another program something, and does not wait for ever.

use std::io;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

/// What a program said.
#[derive(Debug)]
pub enum Answer {
    /// It ended well, having printed this on stdout.
    Said(String),
    /// It ended badly, having printed this on stderr.
    Refused(String),
    /// It had not ended when the time was up, and was killed.
    Silent,
    /// It could not be started.
    CannotStart(io::Error),
}

/// Runs `command` to its end, or for as long as `limit`.
pub async fn ask(mut command: Command, limit: Duration) -> Answer {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match timeout(limit, command.output()).await {
        Ok(Ok(Output { status, stdout, .. })) if status.success() => Answer::Said(text(&stdout)),
        Ok(Ok(Output { stderr, .. })) => Answer::Refused(text(&stderr)),
        Ok(Err(error)) => Answer::CannotStart(error),
        Err(_) => Answer::Silent,
    }
}
