//! A folder of the user that a command writes into. The command replaces and removes only files
//! that it has made.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::files::{files_in, stays_inside, with_slashes};

/// A kind of output.
#[derive(Debug)]
pub struct Kind {
    name: &'static str,
    command: &'static str,
    /// The file that lists the files of the command, in the folder itself.
    pub list: &'static str,
}

/// The output of `cargo workshop book`.
pub const BOOK: Kind =
    Kind { name: "book", command: "cargo workshop book", list: ".cargo-workshop-book" };
/// The output of `cargo workshop pack`.
pub const PACK: Kind =
    Kind { name: "workshop", command: "cargo workshop pack", list: ".cargo-workshop-pack" };

/// A folder for output.
#[derive(Debug)]
pub struct Output {
    kind: Kind,
    folder: PathBuf,
    /// The files of the last run.
    old: BTreeSet<PathBuf>,
}

impl Output {
    /// The folder, which is new, empty, or has a list of files from the last run.
    pub fn open(kind: Kind, folder: &Path) -> Result<Self> {
        let is_empty = match fs::read_dir(folder) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            Err(error) => {
                return Err(error).context(format!("Cannot write to {}", folder.display()));
            }
        };
        let list = fs::read_to_string(folder.join(kind.list));
        if !is_empty && list.is_err() {
            bail!(
                "{} contains files that {} did not make. Nothing was written; choose a new or an \
                 empty folder",
                folder.display(),
                kind.command
            );
        }
        let list = list.unwrap_or_default();
        let old = list.lines().skip(1).map(PathBuf::from).filter(|path| stays_inside(path));
        Ok(Self { kind, folder: folder.to_owned(), old: old.collect() })
    }

    /// Replaces the files of the last run with those in `built`.
    pub fn replace_with(&self, built: &Path) -> Result<()> {
        let new: BTreeSet<_> = files_in(built)?.into_iter().collect();
        for path in new.difference(&self.old) {
            let path = self.folder.join(path);
            if path.symlink_metadata().is_ok() {
                bail!(
                    "{} already exists, and {} did not make it. Nothing was written; move that \
                     file away, as the {} has a file of the same name",
                    path.display(),
                    self.kind.command,
                    self.kind.name
                );
            }
        }
        self.write(built, &new).with_context(|| {
            format!("Cannot write the {} to {}", self.kind.name, self.folder.display())
        })
    }

    fn write(&self, built: &Path, new: &BTreeSet<PathBuf>) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        // Write the list before the first file, so that it is complete even after an interruption.
        self.write_list(new.union(&self.old))?;
        for path in new {
            copy_if_changed(&built.join(path), &self.folder.join(path))?;
        }
        for path in self.old.difference(new) {
            self.remove(path)?;
        }
        self.write_list(new.iter())
    }

    fn write_list<'a>(&self, files: impl Iterator<Item = &'a PathBuf>) -> io::Result<()> {
        let header =
            format!("Made by `{}`, which may replace the files below:\n", self.kind.command);
        let files: String = files.map(|path| with_slashes(path) + "\n").collect();
        fs::write(self.folder.join(self.kind.list), header + &files)
    }

    /// Removes a file, and the folders that are empty without it.
    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(self.folder.join(path)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        for subfolder in path.ancestors().skip(1).filter(|path| stays_inside(path)) {
            // A folder with other files is kept.
            if fs::remove_dir(self.folder.join(subfolder)).is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// Copies a file if it differs. A USB stick is slow, and cargo rebuilds files with a newer time.
fn copy_if_changed(from: &Path, to: &Path) -> io::Result<()> {
    let bytes = fs::read(from)?;
    if fs::read(to).is_ok_and(|existing| existing == bytes) {
        return Ok(());
    }
    write_with_folders(to, &bytes)
}

/// Writes a file, and creates the folders that contain it.
pub(crate) fn write_with_folders(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // `fs::copy` would set permissions, which the file system of a USB stick does not have.
    fs::write(path, bytes)
}
