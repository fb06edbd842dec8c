//! The files of an app, before they are written to `mine/`.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::{lab, patch, steps};

/// The path of each file in the app, with `/` between folders, and its text.
pub type App = BTreeMap<String, String>;

/// A step, and the changes to it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The number of the step.
    pub step: u8,
    /// The lab whose fault is in the app.
    pub lab: Option<String>,
    /// The name of a patch in the folder of the file that describes this state.
    pub patch: Option<String>,
    /// The text of `patch`.
    #[serde(skip)]
    pub patch_text: Option<String>,
}

impl State {
    /// A step without changes.
    pub fn step(step: u8) -> Self {
        Self { step, lab: None, patch: None, patch_text: None }
    }

    /// Reads the patch in `folder`.
    pub(crate) fn read_patch(&mut self, folder: &Path) -> Result<()> {
        if let Some(name) = &self.patch {
            self.patch_text = Some(read(&folder.join(name))?);
        }
        Ok(())
    }

    /// The step's files with the changes, under the step's own package name.
    pub fn app(&self, root: &Path) -> Result<App> {
        let mut app = step(root, self.step)?;
        if let Some(name) = &self.lab {
            let lab = lab::find(root, name)?;
            if lab.step != self.step {
                bail!("The lab {name} is made for step {:02}, not {:02}", lab.step, self.step);
            }
            patch::apply(&mut app, &lab.fault).with_context(|| format!("labs/{name}"))?;
        }
        if let Some(text) = &self.patch_text {
            patch::apply(&mut app, text)?;
        }
        Ok(app)
    }
}

fn step(root: &Path, number: u8) -> Result<App> {
    let all = steps::steps(root)?;
    let Some((_, folder)) = all.iter().find(|(found, _)| *found == number) else {
        bail!("There is no step {number:02} in steps/");
    };
    let mut app = App::new();
    app.insert("Cargo.toml".into(), read(&folder.join("Cargo.toml"))?);
    for entry in fs::read_dir(folder.join("src"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        app.insert(format!("src/{name}"), read(&path)?);
    }
    Ok(app)
}

pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}
