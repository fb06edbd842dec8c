//! Checks that the programs are built, so that they start quickly.

use std::env::consts::EXE_SUFFIX;
use std::path::PathBuf;

use super::report::{Finding, State};
use super::{CARGO_LIMIT, Machine, find};
use crate::cargo::{METADATA, STAND_INS, target_in};

pub(super) fn check(machine: &Machine<'_>) -> Finding {
    let odd = |found: &str, fix: &str| Finding::new(State::Odd, "programs", found, fix);
    let prepare = "cargo workshop prepare";
    let Some(cargo) = find("cargo") else {
        return odd("cannot be checked without cargo", prepare);
    };
    let metadata = machine.run(&cargo, &METADATA, CARGO_LIMIT).ok();
    let target = metadata.and_then(|metadata| target_in(metadata.stdout.as_bytes()));
    let Some(target) = target.map(|target: PathBuf| target.join("debug")) else {
        return odd("cargo does not print its target folder", "cargo metadata");
    };
    let steps = machine.workspace.steps().unwrap_or_default();
    let names: Vec<_> = steps.iter().map(|step| step.package.as_str()).chain(STAND_INS).collect();
    let is_missing = |name: &&str| !target.join(format!("{name}{EXE_SUFFIX}")).is_file();
    let missing: Vec<_> = names.iter().copied().filter(is_missing).collect();
    if missing.is_empty() {
        return Finding::fine("programs", format!("all {} built: they start quickly", names.len()));
    }
    odd(&format!("not built yet, so that they start late: {}", missing.join(", ")), prepare)
}
