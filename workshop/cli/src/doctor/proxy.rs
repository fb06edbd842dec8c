//! A proxy: cargo may need it, and nobody may send it what is for this machine.

use std::path::PathBuf;

use super::Machine;
use super::report::Finding;
use super::shell;

/// Heeded by cargo or by curl. A browser may have settings of its own.
const NAMES: [&str; 5] = ["https_proxy", "http_proxy", "all_proxy", "HTTPS_PROXY", "HTTP_PROXY"];
/// Heeded by one of the two.
const MORE: [&str; 2] = ["ALL_PROXY", "CARGO_HTTP_PROXY"];

pub(super) fn check(machine: &Machine<'_>) -> Finding {
    // Names alone: a proxy's address may have a password in it.
    let set = |name: &&str| machine.variable(name).is_some();
    let names: Vec<&str> = NAMES.into_iter().chain(MORE).filter(set).collect();
    let file = configuration(machine);
    let of_all = names.iter().any(|name| *name != "CARGO_HTTP_PROXY");
    if of_all && !spared(machine) {
        let other = if machine.variable("NO_PROXY").is_some() { "NO_PROXY" } else { "no_proxy" };
        let mut spared = String::from("127.0.0.1,localhost");
        if machine.variable(other).is_some() {
            spared = format!("{},{spared}", shell::value_of(other));
        }
        let found =
            format!("{}: curl and browsers may send it what is for this machine", names.join(", "));
        return Finding::odd("proxy", found, shell::set(other, &spared));
    }
    let mut from: Vec<String> = names.into_iter().map(str::to_owned).collect();
    from.extend(file.map(|file| file.display().to_string()));
    if from.is_empty() {
        return Finding::fine("proxy", "none");
    }
    let whom = if of_all { "not for this machine" } else { "for cargo alone" };
    Finding::fine("proxy", format!("{whom}, from {}", from.join(", ")))
}

/// Whether 127.0.0.1 is spared.
fn spared(machine: &Machine<'_>) -> bool {
    // Where both are set, curl takes the first.
    let list = machine.variable("no_proxy").or_else(|| machine.variable("NO_PROXY"));
    let local = ["127.0.0.1", "127.0.0.0/8", "*"];
    list.unwrap_or_default().split(',').any(|part| local.contains(&part.trim()))
}

/// The first of cargo's configuration files that has a proxy.
fn configuration(machine: &Machine<'_>) -> Option<PathBuf> {
    let home = machine.variable("CARGO_HOME").map(PathBuf::from).or_else(|| {
        let home = machine.variable("HOME").or_else(|| machine.variable("USERPROFILE"))?;
        Some(PathBuf::from(home).join(".cargo"))
    });
    let folders = machine.workspace.root().ancestors().map(|folder| folder.join(".cargo"));
    folders.chain(home).flat_map(|it| [it.join("config.toml"), it.join("config")]).find(|file| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let table: toml::Table = text.parse().unwrap_or_default();
        table.get("http").is_some_and(|http| http.get("proxy").is_some())
    })
}
