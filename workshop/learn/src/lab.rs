//! The labs: a step with a fault in it.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::{app::State, app::read, mine};

/// `labs/NAME/lab.toml`, with the patch beside it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lab {
    /// The name of the folder.
    #[serde(skip)]
    pub name: String,
    /// The subject of the lab, without the fault.
    pub title: String,
    /// The step that has the fault.
    pub step: u8,
    /// The question that people ask, with its thread.
    pub pain: String,
    /// The symptom that the learner sees.
    pub symptom: String,
    /// The identifiers of the findings that the check gives.
    pub finding: Vec<String>,
    /// The change that removes the fault.
    pub cure: String,
    /// The page of the book, with the section after `#`.
    pub section: String,
    /// The text of `fault.patch`.
    #[serde(skip)]
    pub fault: String,
}

/// All labs, in the order of their steps.
pub fn labs(root: &Path) -> Result<Vec<Lab>> {
    let mut labs = Vec::new();
    for name in folders(&root.join("labs"))? {
        labs.push(find(root, &name)?);
    }
    labs.sort_by(|a, b| (a.step, &a.name).cmp(&(b.step, &b.name)));
    Ok(labs)
}

/// The lab in `labs/NAME`.
pub fn find(root: &Path, name: &str) -> Result<Lab> {
    let folder = root.join("labs").join(name);
    if !folders(&root.join("labs"))?.iter().any(|known| known == name) {
        bail!("There is no lab {name}: cargo workshop lab lists them");
    }
    let text = read(&folder.join("lab.toml"))?;
    let mut lab: Lab = toml::from_str(&text).with_context(|| format!("labs/{name}/lab.toml"))?;
    lab.name = name.into();
    lab.fault = read(&folder.join("fault.patch"))?;
    Ok(lab)
}

/// The names of the folders in a folder.
pub fn folders(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder)
        .with_context(|| format!("{} cannot be read; it belongs to the clone", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The labs by name and title.
pub fn list_labs(root: &Path) -> Result<String> {
    let labs = labs(root)?;
    let width = labs.iter().map(|lab| lab.name.len()).max().unwrap_or(0);
    let lines = labs.iter().map(|lab| format!("{:width$}  {}\n", lab.name, lab.title));
    Ok(lines.collect::<String>() + "\nPut one into mine/ with `cargo workshop lab NAME`.")
}

/// Puts a lab into `mine/`.
pub fn lab(root: &Path, name: &str) -> Result<String> {
    let lab = find(root, name)?;
    let state = State { lab: Some(name.into()), ..State::step(lab.step) };
    let kept = mine::write(root, &state.app(root)?)?;
    Ok(format!(
        "{}\n\n{}\n\nmine/ has step {:02} with a fault.\n{kept}\
         Find the fault with `cargo workshop check {}`, and cure it.",
        lab.title, lab.symptom, lab.step, lab.step
    ))
}
