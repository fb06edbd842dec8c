//! The stand-in as a program, as a library, and in comparison with the real Collector.

mod answers;
mod library;
#[cfg(target_os = "linux")]
mod memory;
mod program;
mod real_collector_answers;
mod real_collector_text;
mod support;
mod text;
