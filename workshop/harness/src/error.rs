//! The reasons why a program could not be started, reached or stopped.

use std::{io, time::Duration};

use crate::Finished;

/// A failure of the program or of the system. The message shows the end of the program's output.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The program cannot be started.
    #[error("cannot start {program}: {source}")]
    Start {
        /// The path as given.
        program: String,
        /// The reason.
        source: io::Error,
    },
    /// The program ended before it was ready.
    #[error(
        "the program ended ({}) before it was ready{}",
        .0.status, shown(&.0.stdout, &.0.stderr)
    )]
    Ended(Box<Finished>),
    /// The program closed its output, or ended, before the expected output appeared.
    #[error("the program's output ended without {what}{}", shown(.stdout, .stderr))]
    Missing {
        /// The expected output.
        what: String,
        /// The whole stdout of the program.
        stdout: String,
        /// The whole stderr of the program.
        stderr: String,
    },
    /// Something did not happen within the limit.
    #[error("waited {limit:?} for {what}{}", shown(.stdout, .stderr))]
    Timeout {
        /// The limit of the program.
        limit: Duration,
        /// The expected event.
        what: String,
        /// The stdout of the program until then.
        stdout: String,
        /// The stderr of the program until then.
        stderr: String,
    },
    /// The program did not answer a request.
    #[error("no answer from {url}: {source}")]
    Request {
        /// The address of the request.
        url: String,
        /// The reason.
        source: io::Error,
    },
    /// Another I/O error.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A message shows at most this many bytes of each stream, so that it stays readable.
const SHOWN: usize = 4000;

fn shown(stdout: &str, stderr: &str) -> String {
    [("stdout", stdout), ("stderr", stderr)]
        .map(|(name, text)| format!("; {name}: {}", end_of(text)))
        .concat()
}

fn end_of(text: &str) -> String {
    if text.is_empty() {
        return "(empty)".to_string();
    }
    let start = text.ceil_char_boundary(text.len().saturating_sub(SHOWN));
    let mark = if start == 0 { "" } else { "..." };
    format!("{mark}{}", &text[start..])
}
