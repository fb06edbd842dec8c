//! Variables that the programs would heed, set long ago for something else.

use super::report::Finding;
use super::{Machine, shell};

const STRING: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING";
/// Each is another way to build. What was prepared without it does not count.
const BUILD: [&str; 4] = ["CARGO_BUILD_TARGET", "CARGO_TARGET_DIR", "RUSTC_WRAPPER", "RUSTFLAGS"];

pub(super) fn check(machine: &Machine<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let telemetry: Vec<&str> = machine
        .variables
        .iter()
        .filter(|(name, value)| name.starts_with("OTEL_") && !value.is_empty())
        .map(|(name, _)| name.as_str())
        .collect();
    if !telemetry.is_empty() {
        let found = format!("{} set: the steps heed that", telemetry.join(", "));
        findings.push(Finding::odd("variables", found, shell::unset(telemetry)));
    }
    if machine.variable(STRING).is_some_and(|string| !stays_here(string)) {
        // Its value is a secret.
        let found = format!("{STRING} leads away from this machine, for steps 04 and 05");
        findings.push(Finding::odd("variables", found, shell::unset([STRING])));
    }
    if machine.variable("PORT").is_some() {
        let found = "PORT set: the app listens there, and not on its usual port";
        findings.push(Finding::odd("variables", found, shell::unset(["PORT"])));
    }
    let build: Vec<&str> =
        BUILD.into_iter().filter(|name| machine.variable(name).is_some()).collect();
    if !build.is_empty() {
        let found = format!("{} set: a terminal without builds everything again", build.join(", "));
        findings.push(Finding::odd("variables", found, shell::unset(build)));
    }
    if findings.is_empty() {
        findings.push(Finding::fine("variables", "none that would surprise"));
    }
    findings
}

/// Whether a connection string leads to this machine.
fn stays_here(string: &str) -> bool {
    let mut fields = string.split(';').filter_map(|field| field.split_once('='));
    let endpoint = fields.find(|(key, _)| key.trim().eq_ignore_ascii_case("IngestionEndpoint"));
    let host = endpoint.and_then(|(_, url)| url.trim().split_once("://")).map(|(_, rest)| rest);
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|local| {
        let rest = host.and_then(|host| host.strip_prefix(local));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_local_endpoint_stays_here() {
        let string = |url: &str| format!("InstrumentationKey=0; ingestionendpoint={url}");
        for url in ["http://127.0.0.1:4319/", "http://localhost", "http://[::1]:1"] {
            assert!(stays_here(&string(url)), "{url}");
        }
        for url in ["https://eu.example.com/", "http://127.0.0.1.example.com/", "127.0.0.1"] {
            assert!(!stays_here(&string(url)), "{url}");
        }
        // Without one, the exporter has a default, which is Azure.
        assert!(!stays_here("InstrumentationKey=0"));
    }
}
