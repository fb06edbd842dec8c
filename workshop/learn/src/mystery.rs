//! A lab picked at random.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

use crate::{app::State, lab, mine, mine::MINE};

/// The name of the lab in `mine/`, until it is revealed.
const NAME: &str = ".mystery";

/// Puts a lab into `mine/` without naming it.
pub fn mystery(root: &Path) -> Result<String> {
    let labs = lab::labs(root)?;
    let lab = fastrand::choice(&labs).context("labs/ is empty; it belongs to the clone")?;
    let state = State { lab: Some(lab.name.clone()), ..State::step(lab.step) };
    let mut app = state.app(root)?;
    app.insert(NAME.into(), lab.name.clone());
    let kept = mine::write(root, &app)?;
    Ok(format!(
        "mine/ has step {:02} with a fault. Do not read its source yet.\n{kept}\
         Run it with `cargo run -p mine`, visit it, and read its telemetry. What is wrong, and \
         what would you change?\n\
         `cargo workshop check {}` gives a clue; `cargo workshop mystery --reveal` shows the fault.",
        lab.step, lab.step
    ))
}

/// Shows the fault of the lab that `mystery` has put into `mine/`.
pub fn reveal(root: &Path) -> Result<String> {
    let name = fs::read_to_string(root.join(MINE).join(NAME))
        .ok()
        .context("There is no mystery in mine/: cargo workshop mystery puts one there")?;
    let lab = lab::find(root, name.trim())?;
    Ok(format!(
        "{}\n\nWhat is seen: {}\n\nThe fault:\n\n{}\nThe cure: {}\n\nMore in book/src/{}",
        lab.title, lab.symptom, lab.fault, lab.cure, lab.section
    ))
}
