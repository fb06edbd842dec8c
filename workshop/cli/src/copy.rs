//! Puts a built book, or a whole workshop, into a folder of the user's, and takes away nothing but
//! what it put there.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::site::{files_in, stays_inside, url_path};

/// What is put there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A book, by `cargo workshop book`.
    Book,
    /// All that a class needs, by `cargo workshop pack`.
    Pack,
}

impl What {
    /// The list of our files, in the folder itself. What is not on it belongs to somebody else.
    #[must_use]
    pub fn list(self) -> &'static str {
        match self {
            Self::Book => ".cargo-workshop-book",
            Self::Pack => ".cargo-workshop-pack",
        }
    }

    fn command(self) -> &'static str {
        match self {
            Self::Book => "cargo workshop book",
            Self::Pack => "cargo workshop pack",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Book => "book",
            Self::Pack => "workshop",
        }
    }
}

/// A folder that something may be put into.
#[derive(Debug)]
pub struct Target {
    what: What,
    dir: PathBuf,
    /// Our files of the last time.
    ours: BTreeSet<PathBuf>,
}

impl Target {
    /// The folder at `dir`, which need not exist.
    ///
    /// # Errors
    /// When there is anything at `dir` that this command did not make.
    pub fn open(what: What, dir: &Path) -> Result<Self> {
        let dir = dir.to_owned();
        let entries = match fs::read_dir(&dir) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => return Err(error).context(format!("Cannot write to {}", dir.display())),
        };
        let ours = match fs::read_to_string(dir.join(what.list())) {
            Ok(list) => {
                list.lines().skip(1).map(PathBuf::from).filter(|p| stays_inside(p)).collect()
            }
            Err(_) if entries => bail!(
                "{} holds files that {} did not make. Nothing was written; choose a new or an \
                 empty folder",
                dir.display(),
                what.command()
            ),
            Err(_) => BTreeSet::new(),
        };
        Ok(Self { what, dir, ours })
    }

    /// Puts what is in `built` in the place of what is there.
    ///
    /// # Errors
    /// When a file of somebody else's is in the way; those of the system.
    pub fn replace_with(&self, built: &Path) -> Result<()> {
        let new: BTreeSet<_> = files_in(built)?.into_iter().collect();
        for path in new.difference(&self.ours) {
            let path = self.dir.join(path);
            if path.symlink_metadata().is_ok() {
                bail!(
                    "{} is in the way: the {} has a file of that name, and {} did not make this \
                     one. Nothing was written; move it away",
                    path.display(),
                    self.what.name(),
                    self.what.command()
                );
            }
        }
        let write = || -> io::Result<()> {
            fs::create_dir_all(&self.dir)?;
            // Before the first file: should we be interrupted, the next time knows them all.
            self.list(new.union(&self.ours))?;
            for path in &new {
                let to = self.dir.join(path);
                let bytes = fs::read(built.join(path))?;
                // A stick writes slowly, and cargo builds again what was written again.
                if fs::read(&to).is_ok_and(|there| there == bytes) {
                    continue;
                }
                fs::create_dir_all(to.parent().unwrap_or(&self.dir))?;
                // Not fs::copy, which sets permissions too: a USB stick's file system has none.
                fs::write(to, bytes)?;
            }
            for path in self.ours.difference(&new) {
                remove(&self.dir, path)?;
            }
            self.list(new.iter())
        };
        write().with_context(|| {
            format!("Cannot write the {} to {}", self.what.name(), self.dir.display())
        })
    }

    fn list<'a>(&self, files: impl Iterator<Item = &'a PathBuf>) -> io::Result<()> {
        let files = files.map(|path| url_path(path));
        let header =
            format!("Made by `{}`, which may replace the files below:", self.what.command());
        let lines: Vec<_> = [header].into_iter().chain(files).collect();
        fs::write(self.dir.join(self.what.list()), lines.join("\n") + "\n")
    }
}

/// Removes the file at `path` in `dir`, and the folders inside `dir` that it leaves empty.
fn remove(dir: &Path, path: &Path) -> io::Result<()> {
    match fs::remove_file(dir.join(path)) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // A folder in which there is anything else is not removed; that is no error.
    let mut inside = path.ancestors().skip(1).filter(|folder| folder.components().next().is_some());
    inside.all(|folder| fs::remove_dir(dir.join(folder)).is_ok());
    Ok(())
}
