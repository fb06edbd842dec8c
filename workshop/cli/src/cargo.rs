//! Runs cargo in the workshop.

use std::path::PathBuf;
use std::{env, process};

use anyhow::{Context as _, Result, bail};

use crate::workspace::Workspace;

/// The packages of the stand-ins.
pub const STAND_INS: [&str; 2] = ["collector", "app-insights"];

/// The `cargo` that runs this program, or the one on the path.
pub fn cargo(workspace: &Workspace) -> process::Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = process::Command::new(program);
    command.current_dir(workspace.root());
    // Cargo sets these for the program that it runs. A cargo that inherits them builds some crates
    // again each time.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// The arguments that print the description of the workspace.
pub const METADATA: [&str; 4] = ["metadata", "--no-deps", "--offline", "--format-version=1"];

/// The folder that cargo builds into.
pub fn target_folder(workspace: &Workspace) -> Result<PathBuf> {
    let output = cargo(workspace).args(METADATA).output().context("Cannot run cargo")?;
    if !output.status.success() {
        bail!("Cargo cannot read the workshop: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    target_in(&output.stdout).context("The output of `cargo metadata` has no target folder")
}

/// The folder that cargo builds into, from the output of `cargo metadata`.
pub fn target_in(metadata: &[u8]) -> Option<PathBuf> {
    let metadata: serde_json::Value = serde_json::from_slice(metadata).ok()?;
    Some(metadata.get("target_directory")?.as_str()?.into())
}
