//! Checks that the programs are built, so that they start quickly.

use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};

use super::report::{Finding, State};
use super::{CARGO_LIMIT, Machine, find};
use crate::cargo::STAND_INS;

/// The subject of this check.
pub(super) const WHAT: &str = "programs";

pub(super) fn check(machine: &Machine<'_>) -> Finding {
    let odd = |found: &str, fix: &str| Finding::new(State::Odd, WHAT, found, fix);
    let prepare = "cargo workshop prepare";
    let Some(cargo) = find("cargo") else {
        return odd("cannot be checked without cargo", prepare);
    };
    let Some(target) = target(machine, &cargo) else {
        return odd("cargo does not print its target folder", "cargo metadata");
    };
    let steps = machine.workspace.steps().unwrap_or_default();
    let names: Vec<_> = steps.iter().map(|step| step.package.as_str()).chain(STAND_INS).collect();
    let is_missing =
        |name: &&str| !target.join("debug").join(format!("{name}{EXE_SUFFIX}")).is_file();
    let missing: Vec<_> = names.iter().copied().filter(is_missing).collect();
    if missing.is_empty() {
        return Finding::fine(WHAT, format!("all {} built: they start quickly", names.len()));
    }
    odd(&format!("not built yet, so that they start late: {}", missing.join(", ")), prepare)
}

/// The folder that cargo builds into.
fn target(machine: &Machine<'_>, cargo: &Path) -> Option<PathBuf> {
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version=1"];
    let finished = machine.run(cargo, &arguments, CARGO_LIMIT).ok()?;
    let metadata: serde_json::Value = serde_json::from_str(&finished.stdout).ok()?;
    Some(metadata.get("target_directory")?.as_str()?.into())
}
