//! Where the workshop is.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// The folder that holds the book and the steps.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The workshop in `root`, or else around the current folder.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(root: Option<&Path>) -> Result<Self> {
        let here = env::current_dir().context("Cannot tell the current folder")?;
        if let Some(root) = root {
            let root = here.join(root);
            if !is_workshop(&root) {
                bail!(
                    "{} is not the workshop's folder: it has no book/book.toml. Give --root the \
                     folder that you cloned",
                    root.display()
                );
            }
            return Ok(Self { root });
        }
        let root = here.ancestors().find(|folder| is_workshop(folder)).with_context(|| {
            format!(
                "There is no workshop in {} or above it: no folder has a book/book.toml. Go to \
                 the folder that you cloned, or name it with --root",
                here.display()
            )
        })?;
        Ok(Self { root: root.to_owned() })
    }

    /// Its folder, an absolute path.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder with `book.toml`.
    #[must_use]
    pub fn book(&self) -> PathBuf {
        self.root.join("book")
    }
}

fn is_workshop(folder: &Path) -> bool {
    folder.join("book/book.toml").is_file()
}
