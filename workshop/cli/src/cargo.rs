//! Runs cargo in the workshop.

use std::{env, process};

use crate::workspace::Workspace;

/// The packages of the stand-ins.
pub const STAND_INS: [&str; 2] = ["collector", "app-insights"];

/// The `cargo` that runs this program, or the one on the path.
pub fn cargo(workspace: &Workspace) -> process::Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = process::Command::new(program);
    command.current_dir(workspace.root());
    // Cargo sets these variables for the program that it runs. A cargo that inherits them rebuilds
    // some crates each time.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}
