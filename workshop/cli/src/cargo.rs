//! Cargo, told to work for the workshop.

use std::ffi::OsString;
use std::path::PathBuf;
use std::{env, process};

use anyhow::{Context as _, Result, bail};

use crate::workspace::Workspace;

/// The stand-ins: programs of the workshop that a class starts by itself.
pub const STAND_INS: [&str; 2] = ["collector", "app-insights"];

/// The `cargo` that runs this program, or else the one in the path, at work in the workshop.
#[must_use]
pub fn cargo(workspace: &Workspace) -> process::Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = process::Command::new(program);
    command.current_dir(workspace.root());
    for name in told_by_cargo() {
        command.env_remove(name);
    }
    command
}

/// What cargo told this program of its own package. Handed on, it would make some crates build
/// anew each time.
pub fn told_by_cargo() -> impl Iterator<Item = OsString> {
    env::vars_os().map(|(name, _)| name).filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
    })
}

/// The folder that cargo builds into, wherever its configuration puts it.
///
/// # Errors
/// When cargo cannot be run, or cannot read the workshop.
pub fn target_folder(workspace: &Workspace) -> Result<PathBuf> {
    let mut cargo = cargo(workspace);
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version=1"]);
    let output = cargo.output().context("Cannot run cargo")?;
    if !output.status.success() {
        bail!("Cargo cannot read the workshop: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    target_in(&output.stdout).context("Cargo does not say where it builds")
}

/// The folder that cargo builds into, from what `cargo metadata` prints.
#[must_use]
pub fn target_in(metadata: &[u8]) -> Option<PathBuf> {
    let metadata: serde_json::Value = serde_json::from_slice(metadata).ok()?;
    Some(metadata.get("target_directory")?.as_str()?.into())
}
