//! Whether the first run will be a quick one.

use std::env::consts::EXE_SUFFIX;

use super::report::Finding;
use super::{CARGO_LIMIT, Machine};
use crate::ask::{Answer, ask};
use crate::cargo::{STAND_INS, target_in};

pub(super) async fn check(machine: &Machine<'_>) -> Finding {
    let prepare = "cargo workshop prepare";
    let Some(cargo) = machine.find("cargo") else {
        return Finding::odd("programs", "cannot be looked for without cargo", prepare);
    };
    let metadata = ["metadata", "--no-deps", "--offline", "--format-version=1"];
    let target = match ask(machine.run(&cargo, &metadata), CARGO_LIMIT).await {
        Answer::Said(metadata) => target_in(metadata.as_bytes()),
        _ => None,
    };
    let Some(target) = target else {
        return Finding::odd("programs", "cargo does not say where it builds", "cargo metadata");
    };
    let steps = machine.workspace.steps().unwrap_or_default();
    let names: Vec<_> = steps.iter().map(|step| step.package.as_str()).chain(STAND_INS).collect();
    let is_built =
        |name: &&&str| target.join("debug").join(format!("{name}{EXE_SUFFIX}")).is_file();
    let missing: Vec<_> = names.iter().filter(|name| !is_built(name)).copied().collect();
    if missing.is_empty() {
        return Finding::fine("programs", format!("all {} built: they start at once", names.len()));
    }
    let found = format!("not built yet, so they start late: {}", missing.join(", "));
    Finding::odd("programs", found, prepare)
}
