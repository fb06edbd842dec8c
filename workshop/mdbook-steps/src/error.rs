//! What can be wrong with a chapter. Every message says what was looked for and what there is, so
//! that the author need not open another file to put it right.

use std::fmt::Write as _;

/// All that is wrong with a chapter or a book, in reading order: whoever fixes one mistake should
/// not have to build again to hear of the next.
#[derive(Debug, thiserror::Error)]
#[error("{}", list(.0))]
pub struct Errors(pub Vec<Error>);

/// One mistake, and where it is.
#[derive(Debug, thiserror::Error)]
#[error("{file}:{line}: {}{problem}", directive.as_ref().map(|it| format!("{it}: ")).unwrap_or_default())]
pub struct Error {
    /// The chapter's file, from the workspace's root.
    pub file: String,
    /// Its line, counted from 1.
    pub line: usize,
    /// The directive as it is written, if the mistake is in one.
    pub directive: Option<String>,
    /// What is wrong.
    #[source]
    pub problem: Problem,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A name that no directive has.
    #[error("no such directive{}", instead(.name, .there))]
    UnknownDirective {
        /// The name that was looked for.
        name: String,
        /// The directives that there are.
        there: Vec<String>,
    },
    /// One of mdBook's own directives that only logs an error when its source is missing.
    #[error("mdBook goes on when the file is missing; use listing, output or diff instead")]
    Refused,
    /// No `}}` before the paragraph ends, or no closing quotation mark.
    #[error("it never ends: {0} is missing")]
    Unclosed(&'static str),
    /// Words or options that the directive does not take.
    #[error("{0}")]
    Usage(String),
    /// Something that is not there.
    #[error("there is no {what}{}", instead(.wanted, .there))]
    Missing {
        /// What was looked for, in words.
        what: String,
        /// Its name, to find names like it.
        wanted: String,
        /// What there is in its place.
        there: Vec<String>,
    },
    /// A name that more than one thing has.
    #[error("{what} could be any of {}", .those.join(", "))]
    Ambiguous {
        /// What was looked for.
        what: String,
        /// What it could be.
        those: Vec<String>,
    },
    /// A source that is there, with nothing in it.
    #[error("{0} is empty: there is nothing to show")]
    Empty(String),
    /// Two sources that should differ.
    #[error("there is no difference between {0} and {1}")]
    Same(String, String),
    /// A source that cannot be read, or not as what it should be.
    #[error("{what}: {why}")]
    Broken {
        /// The source.
        what: String,
        /// Why it is of no use.
        why: String,
    },
    /// A source with text that mdBook itself would replace afterwards.
    #[error("what it shows contains `{0}`, which mdBook would take for a directive of its own")]
    Eaten(String),
}

impl Problem {
    /// Something that is not there, and what is.
    pub(crate) fn missing(
        what: impl Into<String>,
        wanted: impl Into<String>,
        mut there: Vec<String>,
    ) -> Self {
        there.sort();
        there.dedup();
        Self::Missing { what: what.into(), wanted: wanted.into(), there }
    }

    /// A source that is of no use.
    pub(crate) fn broken(what: impl Into<String>, why: impl std::fmt::Display) -> Self {
        Self::Broken { what: what.into(), why: why.to_string() }
    }
}

/// The nearest name, and all that there are.
fn instead(wanted: &str, there: &[String]) -> String {
    let candidates: Vec<&str> = there.iter().map(String::as_str).collect();
    let mut text = ".".to_string();
    if let Some(near) = similar::get_close_matches(wanted, &candidates, 1, 0.6).first() {
        let _ = write!(text, " Did you mean `{near}`?");
    }
    if there.is_empty() {
        text.push_str(" There are none at all");
    } else {
        let _ = write!(text, " There are: {}", there.join(", "));
    }
    text
}

fn list(errors: &[Error]) -> String {
    let mut text = match errors {
        [_] => "1 mistake in the book".to_string(),
        _ => format!("{} mistakes in the book", errors.len()),
    };
    for error in errors {
        let _ = write!(text, "\n  {error}");
    }
    text
}
