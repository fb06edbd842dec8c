//! The workshop's own files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use walkdir::{DirEntry, WalkDir};

use crate::files::stays_inside;
use crate::output::{self, write_with_folders};

/// Copies the files that git tracks, as they are now, from the workshop at `root` to `into`.
pub fn copy(root: &Path, into: &Path) -> Result<()> {
    let files = if root.join(".git").exists() { tracked(root)? } else { untracked(root)? };
    for file in files {
        let from = root.join(&file);
        // It was deleted since the last commit, or it is the folder of a submodule.
        if !from.is_file() {
            continue;
        }
        let copied =
            fs::read(&from).and_then(|bytes| write_with_folders(&into.join(&file), &bytes));
        copied.with_context(|| format!("Cannot copy {}", from.display()))?;
    }
    Ok(())
}

fn tracked(root: &Path) -> Result<Vec<PathBuf>> {
    let mut git = Command::new("git");
    // In a hook, git sets these variables for the repository of the hook.
    git.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_INDEX_FILE");
    let output = git.args(["ls-files", "-z"]).current_dir(root).output();
    let output = output.context("Cannot run git, which lists the workshop's files. Install git")?;
    if !output.status.success() {
        bail!("git cannot list the files: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let names = String::from_utf8(output.stdout).context("The name of a file is not UTF-8")?;
    Ok(names.split_terminator('\0').map(PathBuf::from).filter(|path| stays_inside(path)).collect())
}

/// The files of an archive without git, except secrets, builds and packs.
fn untracked(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(root).min_depth(1).into_iter().filter_entry(is_source) {
        let entry = entry.context("Cannot read the workshop's folder")?;
        files.extend(entry.path().strip_prefix(root).map(PathBuf::from));
    }
    Ok(files)
}

fn is_source(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    let is_secret = name == ".env";
    let is_pending = name.ends_with(".snap.new") || name.ends_with(".pending-snap");
    let is_pack = entry.path().join(output::PACK.list).exists();
    name != "target" && !is_secret && !is_pending && !is_pack
}
