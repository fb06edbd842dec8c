//! The book's preprocessor. It inserts listings, outputs, diffs and figures into a chapter from
//! their sources, so that none of them is typed by hand. The crate's README lists all directives.
//!
//! `page` expands a chapter. `directive` parses each directive. The module for the directive
//! (`listing`, `output`, `diff`, `exercise`, `figure`, `measured`, `schedule` or `version`) reads
//! the source from the `workspace`.

mod diff;
mod directive;
mod error;
mod exercise;
mod figure;
mod html;
mod listing;
mod measured;
mod output;
mod page;
mod powershell;
mod schedule;
mod steps;
mod svg;
mod used;
mod version;
mod workspace;

pub use error::{Error, Errors};
pub use steps::Steps;
pub use used::Used;
