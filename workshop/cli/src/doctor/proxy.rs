//! Checks the proxy: cargo may need one, and requests to this machine must not go to it.

use std::path::PathBuf;

use super::report::{Finding, State};
use super::{Machine, set_variables, shell, variable};

/// The variables of curl and of cargo. A browser may have settings of its own.
const NAMES: [&str; 7] = [
    "https_proxy",
    "http_proxy",
    "all_proxy",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    ONLY_CARGO,
];
const ONLY_CARGO: &str = "CARGO_HTTP_PROXY";

pub(super) fn check(machine: &Machine<'_>) -> Finding {
    // Only the names, as the address of a proxy may contain a password.
    let names = set_variables(&NAMES);
    let only_cargo = names.iter().all(|name| *name == ONLY_CARGO);
    if !only_cargo && !excludes_loopback() {
        let name = if variable("NO_PROXY").is_some() { "NO_PROXY" } else { "no_proxy" };
        let mut value = String::from("127.0.0.1,localhost");
        if variable(name).is_some() {
            value = format!("{},{value}", shell::value_of(name));
        }
        let names = names.join(", ");
        let found = format!("{names}: curl and browsers may use it for this machine, too");
        return Finding::new(State::Odd, "proxy", found, shell::set(name, &value));
    }
    let mut sources: Vec<String> = names.into_iter().map(str::to_owned).collect();
    sources.extend(configuration(machine).map(|file| file.display().to_string()));
    if sources.is_empty() {
        return Finding::fine("proxy", "none");
    }
    let use_ = if only_cargo { "only for cargo" } else { "not for this machine" };
    Finding::fine("proxy", format!("{use_}, from {}", sources.join(", ")))
}

/// Whether the list of exceptions has 127.0.0.1.
fn excludes_loopback() -> bool {
    // curl prefers the lower-case name.
    let list = variable("no_proxy").or_else(|| variable("NO_PROXY")).unwrap_or_default();
    let local = ["127.0.0.1", "127.0.0.0/8", "*"];
    list.split(',').any(|part| local.contains(&part.trim()))
}

/// The first of cargo's configuration files with a proxy.
fn configuration(machine: &Machine<'_>) -> Option<PathBuf> {
    let home = variable("CARGO_HOME").map(PathBuf::from).or_else(|| {
        let home = variable("HOME").or_else(|| variable("USERPROFILE"))?;
        Some(PathBuf::from(home).join(".cargo"))
    });
    let folders = machine.workspace.root().ancestors().map(|folder| folder.join(".cargo"));
    let files = |folder: PathBuf| [folder.join("config.toml"), folder.join("config")];
    folders.chain(home).flat_map(files).find(|file| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let table: toml::Table = text.parse().unwrap_or_default();
        table.get("http").is_some_and(|http| http.get("proxy").is_some())
    })
}
