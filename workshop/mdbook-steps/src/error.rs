//! The errors in a chapter. A message contains the requested name and the names that exist, so that
//! the author need not open another file.

use std::fmt::{self, Display, Write as _};

/// All errors in a book, in reading order, so that one build reports all of them.
#[derive(Debug, thiserror::Error)]
pub struct Errors(pub Vec<Error>);

impl Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(f, "1 mistake in the book")?,
            count => write!(f, "{count} mistakes in the book")?,
        }
        self.0.iter().try_for_each(|error| write!(f, "\n  {error}"))
    }
}

/// One error, and its position.
#[derive(Debug, thiserror::Error)]
#[error("{file}:{line}: {directive}: {message}")]
pub struct Error {
    /// The path of the chapter's file from the workspace's root.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The directive as it is written, on one line.
    pub directive: String,
    /// The cause of the error.
    pub message: String,
}

/// An error for a name that does not exist. Suggests the most similar name, and lists all names.
pub(crate) fn missing(what: impl Display, wanted: &str, names: &[String]) -> anyhow::Error {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let mut message = format!("there is no {what}.");
    if let Some(similar) = similar::get_close_matches(wanted, &names, 1, 0.6).first() {
        let _ = write!(message, " Did you mean `{similar}`?");
    }
    if !names.is_empty() {
        let _ = write!(message, " Available: {}", names.join(", "));
    }
    anyhow::Error::msg(message)
}
