//! The stand-in as a program, as a library, and beside the real Collector.

mod answers;
mod library;
#[cfg(target_os = "linux")]
mod memory;
mod program;
mod real_collector_answers;
mod real_collector_text;
mod support;
mod text;
