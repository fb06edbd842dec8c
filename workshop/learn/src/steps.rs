//! The steps as a place to start from.

use std::{fs, path::Path, path::PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::{app::State, mine};

/// The folder of each step, by its number.
pub fn steps(root: &Path) -> Result<Vec<(u8, PathBuf)>> {
    let folder = root.join("steps");
    let entries = fs::read_dir(&folder)
        .with_context(|| format!("{} cannot be read; it belongs to the clone", folder.display()))?;
    let mut steps = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let number = name.split_once('-').and_then(|(number, _)| number.parse().ok());
        if let Some(number) = number {
            steps.push((number, path));
        }
    }
    steps.sort();
    Ok(steps)
}

/// Makes `mine/` from the step before `step`, ready to write `step`. Step 01 has no step before
/// it, so for step 01, `mine/` is step 01 itself.
pub fn start(root: &Path, step: u8) -> Result<String> {
    let last = steps(root)?.last().map_or(0, |(number, _)| *number);
    if step == 0 || step > last {
        bail!("There is no step {step}: the steps are 1 to {last}");
    }
    let before = State::step(step.saturating_sub(1).max(1));
    let kept = mine::write(root, &before.app(root)?)?;
    let next = step.max(2);
    Ok(format!(
        "mine/ has the code of step {:02}. Now write step {next:02} in it.\n{kept}\
         Run it with `cargo run -p mine`, and check it with `cargo workshop check {next}`.",
        before.step
    ))
}
