//! The book's preprocessor: what a chapter shows comes from the steps themselves, so that it can
//! neither be mistyped nor grow old. The crate's README has all directives.
//!
//! A chapter goes through these files: `expand` finds the directives outside of code (`markdown`
//! knows what is code), `directive` takes each apart, `listing`, `output`, `diff`, `telemetry`,
//! `figure` (with `svg`), `schedule` and `version` look up what it shows in the `workspace`, and `block` puts
//! that into Markdown.

mod block;
mod diff;
mod directive;
mod error;
mod expand;
mod figure;
mod listing;
mod markdown;
mod output;
mod schedule;
mod steps;
mod svg;
mod telemetry;
mod used;
mod version;
mod workspace;

pub use error::{Error, Errors, Problem};
pub use markdown::Fence;
pub use steps::Steps;
pub use used::Used;

/// The example of the README is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
