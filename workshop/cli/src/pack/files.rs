//! The workshop's own files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::copy::What;
use crate::site::{files_in, stays_inside};

/// Copies the files of the workshop at `root` to `into`: those that git knows, as they are now.
pub(super) fn copy(root: &Path, into: &Path) -> Result<()> {
    let files = if root.join(".git").exists() { known_to_git(root)? } else { all(root)? };
    for file in files {
        let (from, to) = (root.join(&file), into.join(&file));
        // Deleted, but git does not know yet; or the folder of another repository.
        if !from.is_file() {
            continue;
        }
        let copy = || {
            fs::create_dir_all(to.parent().unwrap_or(into))?;
            fs::write(&to, fs::read(&from)?)
        };
        copy().with_context(|| format!("Cannot copy {}", from.display()))?;
    }
    Ok(())
}

fn known_to_git(root: &Path) -> Result<Vec<PathBuf>> {
    let mut git = Command::new("git");
    // A hook has these, and they lead to whatever it is a hook of.
    git.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_INDEX_FILE");
    let output = git.args(["ls-files", "-z"]).current_dir(root).output().context(
        "The workshop's files cannot be told from others: git is needed for that, and cannot be run",
    )?;
    if !output.status.success() {
        bail!("git cannot list the files: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let names = String::from_utf8(output.stdout).context("A file's name is not UTF-8")?;
    Ok(names.split_terminator('\0').map(PathBuf::from).filter(|path| stays_inside(path)).collect())
}

/// Without git, for example in an archive that was downloaded: all but what comes of using it.
fn all(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries = fs::read_dir(root).context("Cannot read the workshop's folder")?;
    for entry in entries.flatten() {
        let (name, path) = (PathBuf::from(entry.file_name()), entry.path());
        if path.is_file() {
            files.push(name);
        } else if name != Path::new("target") && !path.join(What::Pack.list()).exists() {
            let inside = files_in(&path).with_context(|| format!("Cannot read {}", path.display()));
            files.extend(inside?.into_iter().map(|file| name.join(file)));
        }
    }
    files.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        // Secrets, and what git would not want either.
        let own = name == ".env" || name.ends_with(".snap.new") || name.ends_with(".pending-snap");
        let built = file.components().any(|part| part.as_os_str() == "target");
        !own && !built
    });
    Ok(files)
}
