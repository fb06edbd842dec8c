//! Checks the proxy: requests to this machine must not go to it.

use super::report::{Finding, State};
use super::{set_variables, shell, variable};

/// The variables of curl.
const NAMES: [&str; 6] =
    ["https_proxy", "http_proxy", "all_proxy", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];

pub(super) fn check() -> Finding {
    // Only the names are printed, because the address of a proxy may contain a password.
    let names = set_variables(&NAMES);
    if names.is_empty() {
        return Finding::fine("proxy", "none");
    }
    let names = names.join(", ");
    if excludes_loopback() {
        return Finding::fine("proxy", format!("not for this machine, from {names}"));
    }
    let exceptions = if variable("NO_PROXY").is_some() { "NO_PROXY" } else { "no_proxy" };
    let mut value = String::from("127.0.0.1,localhost");
    if variable(exceptions).is_some() {
        value = format!("{},{value}", shell::value_of(exceptions));
    }
    let found = format!("{names}: curl and browsers may use it for this machine, too");
    Finding::new(State::Odd, "proxy", found, shell::set(exceptions, &value))
}

/// Whether the list of exceptions has 127.0.0.1.
fn excludes_loopback() -> bool {
    // curl prefers the lower-case name.
    let list = variable("no_proxy").or_else(|| variable("NO_PROXY")).unwrap_or_default();
    let local = ["127.0.0.1", "127.0.0.0/8", "*"];
    list.split(',').any(|part| local.contains(&part.trim()))
}
