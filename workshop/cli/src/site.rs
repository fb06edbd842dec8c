//! A built book in memory, so that a page is never half written when a browser asks for it.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use axum::body::Bytes;

/// The files of a built book.
#[derive(Debug, Default)]
pub struct Site {
    files: HashMap<String, Bytes>,
}

impl Site {
    /// Reads everything in `folder`.
    ///
    /// # Errors
    /// Those of the system.
    pub fn load(folder: &Path) -> io::Result<Self> {
        let load = |path: PathBuf| Ok((url_path(&path), fs::read(folder.join(path))?.into()));
        Ok(Self { files: files_in(folder)?.into_iter().map(load).collect::<io::Result<_>>()? })
    }

    /// The file at `path`, with slashes and none in front.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Bytes> {
        self.files.get(path)
    }
}

/// `path` with slashes, on every system.
pub(crate) fn url_path(path: &Path) -> String {
    let parts = path.components().map(|part| part.as_os_str().to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

/// All files in `folder` and in the folders inside it, relative to it, in order.
///
/// # Errors
/// Those of the system.
pub fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inside) = folders.pop() {
        for entry in fs::read_dir(folder.join(&inside))? {
            let entry = entry?;
            let path = inside.join(entry.file_name());
            if entry.file_type()?.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

/// Whether `path` leads to something inside a folder that it is joined to.
#[must_use]
pub fn stays_inside(path: &Path) -> bool {
    path.components().count() > 0
        && path.components().all(|part| matches!(part, Component::Normal(_)))
}
