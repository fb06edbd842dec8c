//! Unified diffs of several files.

use anyhow::{Context as _, Result, bail};
use diffy::patch_set::{FileOperation, ParseOptions, PatchSet};

use crate::app::App;

/// Applies a unified diff, as git writes it, to an app.
pub fn apply(app: &mut App, text: &str) -> Result<()> {
    for file in PatchSet::parse(text, ParseOptions::unidiff()) {
        let file = file.context("this is not a unified diff")?;
        let (old, name) = match file.operation().strip_prefix(1) {
            FileOperation::Create(name) => ("", name.into_owned()),
            FileOperation::Modify { modified: name, .. } => {
                let old = app.get(&*name).with_context(|| format!("there is no {name}"))?;
                (old.as_str(), name.into_owned())
            }
            _ => bail!("a patch can change files and create them, nothing else"),
        };
        let patch = file.patch().as_text().context("this is not a text")?;
        let new = diffy::apply(old, patch).with_context(|| format!("{name} has changed"))?;
        app.insert(name, new);
    }
    Ok(())
}
