//! A stand-in for the OpenTelemetry Collector, for a class without network, Docker or account.
//!
//! It takes metrics by OTLP/HTTP and prints, to the letter, what the `debug` exporter of the real
//! Collector 0.162.0 prints at `verbosity: detailed` with `use_internal_logger: false`. The crate's
//! README lists what it answers, its limits, and where it differs from the real one.
//!
//! A request goes through these files: [`server`] receives it, [`body`] reads and decompresses it,
//! [`decode`](mod@decode) (with `json` for OTLP/JSON) makes messages of it, [`print`](mod@print)
//! (with `value` for attributes, `go` for numbers and times, `exp` for bounds) makes text of those, `output`
//! writes the text, `answer` tells the client.

use std::io::Write as _;

mod answer;
pub mod body;
pub mod decode;
mod exp;
mod go;
mod health;
mod json;
mod output;
pub mod print;
pub mod server;
mod value;

pub use decode::{DecodeError, Encoding, decode};
pub use print::print;
pub use server::{BindError, Collector};

/// Prints a line on stderr. Unlike `eprintln!` it does not panic when stderr is closed.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The examples of the README are compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
