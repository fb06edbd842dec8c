//! A stand-in for the OpenTelemetry Collector that needs no network, Docker or account.
//!
//! The stand-in receives metrics, traces and logs over OTLP/HTTP and prints the same text, byte for
//! byte, as the `debug` exporter of the real Collector 0.162.0 at `verbosity: detailed` with
//! `use_internal_logger: false`. The README of the crate lists the responses, the limits, the
//! differences from the real Collector, and the files.

use std::io::Write as _;

mod answer;
pub mod body;
pub mod decode;
mod exp;
mod go;
mod health;
mod json;
mod output;
pub mod request;
pub mod server;
mod text;
mod value;

pub use decode::{DecodeError, Encoding, decode};
pub use request::{ExportRequest, print};
pub use server::{BindError, Collector};

/// Prints a line on stderr. Unlike `eprintln!`, this function does not panic when stderr is closed.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Compiles and runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
