//! Checks for variables that change what the programs do.

use std::env;

use super::report::{Finding, State};
use super::{set_variables, shell, variable};

const STRING: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING";
/// Each changes the build, so `cargo workshop prepare` in another terminal has no effect on it.
const BUILD: [&str; 4] = ["CARGO_BUILD_TARGET", "CARGO_TARGET_DIR", "RUSTC_WRAPPER", "RUSTFLAGS"];

pub(super) fn check() -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut odd = |found: String, names: &[&str]| {
        findings.push(Finding::new(State::Odd, "variables", found, shell::unset(names)));
    };
    let all = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut telemetry: Vec<String> =
        all.filter(|name| name.starts_with("OTEL_") && variable(name).is_some()).collect();
    telemetry.sort();
    let telemetry: Vec<&str> = telemetry.iter().map(String::as_str).collect();
    if !telemetry.is_empty() {
        odd(format!("{} set: the steps use it", telemetry.join(", ")), &telemetry);
    }
    if variable(STRING).is_some_and(|string| !is_local(&string)) {
        // Only the name is printed, because the value is a secret.
        odd(format!("{STRING} set: from step 04 on, the steps send to another machine"), &[STRING]);
    }
    if variable("PORT").is_some() {
        odd("PORT set: the app does not listen on its usual port".to_owned(), &["PORT"]);
    }
    let build = set_variables(&BUILD);
    if !build.is_empty() {
        let names = build.join(", ");
        odd(format!("{names} set: a terminal without it builds everything again"), &build);
    }
    if findings.is_empty() {
        findings.push(Finding::fine("variables", "no unexpected ones are set"));
    }
    findings
}

/// Whether a connection string has an endpoint on this machine.
fn is_local(string: &str) -> bool {
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
    fn only_a_loopback_endpoint_is_local() {
        let string = |url: &str| format!("InstrumentationKey=0; ingestionendpoint={url}");
        for url in ["http://127.0.0.1:4319/", "http://localhost", "http://[::1]:1"] {
            assert!(is_local(&string(url)), "{url}");
        }
        for url in ["https://eu.example.com/", "http://127.0.0.1.example.com/", "127.0.0.1"] {
            assert!(!is_local(&string(url)), "{url}");
        }
        // The default of the exporter is Azure.
        assert!(!is_local("InstrumentationKey=0"));
    }
}
