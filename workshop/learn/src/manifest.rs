//! The `Cargo.toml` of `mine/`.

use std::{fmt::Write as _, path::Path};

use anyhow::{Context as _, Result};
use toml::{Table, Value};

use crate::{
    app::read,
    mine::{MINE, PROGRAM},
    steps,
};

/// Dependencies of a target that does not exist are never compiled, but they are in `Cargo.lock`.
/// Without them, cargo would drop the crates of later steps from `Cargo.lock`. When a learner adds
/// such a crate, cargo would then choose another version, or fail without a network.
const NO_TARGET: &str = "cfg(any())";

const INTRODUCTION: &str = "
# A workspace of its own, so that your crates do not change the workshop's Cargo.lock.
[workspace]

";

const LATER: &str = "
# The crates that later steps need, in versions that work together. Nothing here is compiled:
# to use a crate, move its line up to [dependencies].
";

/// Converts the manifest of a step to that of `mine/`.
pub fn of_mine(root: &Path, step: &str) -> Result<String> {
    let own: Table = toml::from_str(step).context("Cargo.toml of the step is not TOML")?;
    let name = own["package"]["name"].as_str().context("the step has no name")?;
    let mut text = step.replacen(&format!("\"{name}\""), &format!("\"{MINE}\""), 1);

    // In target/debug, the name `mine` belongs to the workshop's own program.
    let library = PROGRAM.replace('-', "_");
    writeln!(text, "\n[lib]\nname = \"{library}\"")?;
    writeln!(text, "\n[[bin]]\nname = \"{PROGRAM}\"\npath = \"src/main.rs\"")?;
    text += INTRODUCTION;
    // With the same profiles, cargo reuses the crates that it compiled for the steps.
    let workspace: Table = toml::from_str(&read(&root.join("Cargo.toml"))?)?;
    if let Some(profile) = workspace.get("profile") {
        text += &toml::to_string(&Table::from_iter([("profile".into(), profile.clone())]))?;
    }

    let later = later(root, &own)?;
    if !later.is_empty() {
        text += LATER;
        writeln!(text, "[target.'{NO_TARGET}'.dependencies]")?;
        for (name, value) in &later {
            writeln!(text, "{name} = {value}")?;
        }
    }
    Ok(text)
}

/// The dependencies of all steps that this one does not have in the same form.
fn later(root: &Path, own: &Table) -> Result<Table> {
    let mut later = Table::new();
    for (_, folder) in steps::steps(root)? {
        let manifest: Table = toml::from_str(&read(&folder.join("Cargo.toml"))?)?;
        let Some(dependencies) = manifest.get("dependencies").and_then(Value::as_table) else {
            continue;
        };
        for (name, value) in dependencies {
            if own.get("dependencies").and_then(|own| own.get(name)) == Some(value) {
                continue;
            }
            match later.get_mut(name) {
                None => _ = later.insert(name.clone(), value.clone()),
                Some(known) => add_features(known, value),
            }
        }
    }
    Ok(later)
}

fn add_features(known: &mut Value, other: &Value) {
    let features = other.get("features").and_then(Value::as_array);
    let Some(known) = known.get_mut("features").and_then(Value::as_array_mut) else { return };
    for feature in features.into_iter().flatten() {
        if !known.contains(feature) {
            known.push(feature.clone());
        }
    }
}
