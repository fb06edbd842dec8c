//! The environment of a program: that of its caller, without the settings that would change what
//! the program does.

use std::{env, ffi::OsString, process::Command};

/// Removes the caller's own settings from the environment of `command`.
pub(crate) fn clean(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if is_setting(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
}

/// The caller's variables that name a proxy.
pub(crate) fn proxies() -> impl Iterator<Item = (OsString, OsString)> {
    env::vars_os().filter(|(name, _)| is_proxy(&name.to_string_lossy()))
}

fn is_setting(name: &str) -> bool {
    // Cargo sets the last two for the test or program that it runs. A cargo that inherits them
    // would rebuild some crates, such as ring.
    let prefixes = ["OTEL_", "APPLICATIONINSIGHTS_", "CARGO_PKG_", "CARGO_MANIFEST_"];
    let upper = name.to_uppercase();
    let known = ["PORT", "SEED"].contains(&upper.as_str());
    known || is_proxy(name) || prefixes.iter().any(|prefix| upper.starts_with(prefix))
}

fn is_proxy(name: &str) -> bool {
    name.to_uppercase().ends_with("_PROXY")
}
