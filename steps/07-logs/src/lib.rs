//! A library beside the program, so that tests can call the app without a server.

use std::{env, str::FromStr};

use anyhow::{Context, Result};

pub mod app;
mod client;
pub mod latency;
mod logs;
pub mod telemetry;
mod traces;
pub mod verdict;

/// Reads an environment variable. An invalid value is an error that names the variable, because
/// a variable that is set should take effect. An empty value counts as unset, as the OpenTelemetry
/// specification requires.
pub fn variable<T: FromStr>(name: &str, default: T, expected: &str) -> Result<T> {
    let Some(value) = env::var_os(name).filter(|value| !value.is_empty()) else {
        return Ok(default);
    };
    let parsed = value.to_str().and_then(|value| value.parse().ok());
    parsed.with_context(|| format!("{name} is {value:?}; it should be {expected}"))
}
