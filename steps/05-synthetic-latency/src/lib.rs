//! A library beside the program, so that tests can call the app without a server.

use std::{env, str::FromStr};

use anyhow::{Context, Result};

pub mod app;
mod client;
pub mod latency;
pub mod telemetry;

/// Reads an environment variable. A value that makes no sense is refused by name: whoever sets
/// a variable wants it to count. An empty one is as good as unset, as OpenTelemetry has it.
pub fn variable<T: FromStr>(name: &str, default: T, expected: &str) -> Result<T> {
    let Some(value) = env::var_os(name).filter(|value| !value.is_empty()) else {
        return Ok(default);
    };
    let parsed = value.to_str().and_then(|value| value.parse().ok());
    parsed.with_context(|| format!("{name} is {value:?}; it should be {expected}"))
}
