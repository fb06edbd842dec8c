//! `cargo workshop reset`: a step as it was before the learner changed it.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, iter};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::files::files_in;
use crate::output::write_with_folders;
use crate::pack::ORIGINALS;
use crate::workspace::Workspace;

pub(super) const DETAILS: &str = "\
The original comes from the last commit or, in a pack without git, from the copy of the steps
in the folder .originals. Your version of the step is kept in a folder steps.old-1, steps.old-2,
and so on. If cargo itself does not start because of an error in a Cargo.toml of a step, type
target/debug/workshop instead of cargo workshop.";

/// Replace a step that you have changed with the original, and keep your version
#[derive(Args, Debug)]
#[command(after_help = DETAILS)]
pub struct Options {
    /// The number of the step
    step: u8,
}

/// Files by their paths from the workshop's folder.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Puts the original of a step into its folder.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let root = workspace.root();
    let all = originals(root)?;
    let prefix = format!("{:02}-", options.step);
    let name = all.keys().filter_map(|path| path.iter().nth(1)?.to_str());
    let name = name.clone().find(|name| name.starts_with(&prefix)).with_context(|| {
        let mut numbers: Vec<_> = name.filter_map(|name| name.get(..2)).collect();
        numbers.dedup();
        format!("There is no step {}: the steps are {}", options.step, numbers.join(", "))
    })?;
    let folder = Path::new("steps").join(name);
    let original: Files =
        all.iter().filter(|(path, _)| path.starts_with(&folder)).map(clone).collect();
    let shown = folder.display();
    if original == read(root, &folder)? {
        return print(&format!("{shown} is the original already."));
    }
    // Write to another folder first, so that an interrupted run leaves no partial step.
    let new = tempfile::Builder::new().prefix("steps.new-").tempdir_in(root);
    let new = new.with_context(|| format!("{} cannot be written to", root.display()))?;
    for (path, bytes) in &original {
        write_with_folders(&new.path().join(path), bytes).context("The step cannot be written")?;
    }
    let kept = keep_aside(root, &folder).with_context(|| format!("{shown} cannot be moved"))?;
    fs::rename(new.path().join(&folder), root.join(&folder))
        .context("The step cannot be replaced")?;
    let kept =
        kept.map_or_else(String::new, |kept| format!(" Your version is in {}.", kept.display()));
    print(&format!("{shown} is the original again.{kept}"))
}

fn clone((path, bytes): (&PathBuf, &Vec<u8>)) -> (PathBuf, Vec<u8>) {
    (path.clone(), bytes.clone())
}

/// The original files of all steps.
fn originals(root: &Path) -> Result<Files> {
    let copy = root.join(ORIGINALS);
    if copy.is_dir() {
        return Ok(read(&copy, Path::new("steps"))?);
    }
    if !root.join(".git").exists() {
        bail!(
            "There is no original: this folder has neither git's files nor {ORIGINALS}, which a \
             pack has. Take the folder of the step from the repository, or from a neighbor"
        );
    }
    let mut git = Command::new("git");
    // In a hook, git sets these variables for the repository of the hook.
    git.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_INDEX_FILE");
    let output = git.args(["archive", "--format=tar", "HEAD", "steps"]).current_dir(root).output();
    let output = output.context("Cannot run git, which has the original. Install git")?;
    if !output.status.success() {
        bail!("git has no original: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let mut files = Files::new();
    for entry in tar::Archive::new(&*output.stdout).entries()? {
        let mut entry = entry?;
        if entry.header().entry_type().is_file() {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            files.insert(entry.path()?.into_owned(), bytes);
        }
    }
    Ok(files)
}

/// The files in `folder`, which is relative to `root`.
fn read(root: &Path, folder: &Path) -> io::Result<Files> {
    if !root.join(folder).is_dir() {
        return Ok(Files::new());
    }
    let files = files_in(&root.join(folder))?.into_iter().map(|file| folder.join(file));
    files.map(|file| Ok((file.clone(), fs::read(root.join(file))?))).collect()
}

/// Moves `folder` into the first folder `steps.old-N` that is free.
fn keep_aside(root: &Path, folder: &Path) -> io::Result<Option<PathBuf>> {
    if !root.join(folder).exists() {
        return Ok(None);
    }
    let mut numbers = iter::successors(Some(1), |number| Some(number + 1));
    let free = numbers.find(|number| !root.join(format!("steps.old-{number}")).exists());
    let old = PathBuf::from(format!("steps.old-{}", free.unwrap_or(1)));
    fs::create_dir(root.join(&old))?;
    let kept = old.join(folder.file_name().unwrap_or_default());
    fs::rename(root.join(folder), root.join(&kept))?;
    Ok(Some(kept))
}

fn print(line: &str) -> Result<()> {
    writeln!(io::stdout(), "{line}").context("Cannot print the result")
}
