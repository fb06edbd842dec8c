//! Paths and sizes of files.

use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use walkdir::WalkDir;

/// The files in `folder` and its subfolders, relative to `folder` and sorted.
pub fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder) {
        let entry = entry?;
        if !entry.file_type().is_dir() {
            files.extend(entry.path().strip_prefix(folder).map(PathBuf::from));
        }
    }
    files.sort();
    Ok(files)
}

/// Whether `path`, joined to a folder, is inside that folder.
pub fn stays_inside(path: &Path) -> bool {
    path.components().count() > 0
        && path.components().all(|part| matches!(part, Component::Normal(_)))
}

/// `path` with slashes, on every system.
pub(crate) fn with_slashes(path: &Path) -> String {
    let parts = path.components().map(|part| part.as_os_str().to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

/// The size of `files`, which are relative to `folder`, in bytes.
pub(crate) fn size_of(folder: &Path, files: &[PathBuf]) -> u64 {
    files
        .iter()
        .filter_map(|file| fs::metadata(folder.join(file)).ok())
        .map(|file| file.len())
        .sum()
}

/// `bytes` as the manufacturers of disks count, such as `1.2 GB` or `57 MB`.
pub(crate) fn size(bytes: u64) -> String {
    let megabytes = bytes / 1_000_000;
    match megabytes {
        0..1000 => format!("{megabytes} MB"),
        _ => format!("{}.{} GB", megabytes / 1000, megabytes / 100 % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        assert_eq!(size(0), "0 MB");
        assert_eq!(size(57_900_000), "57 MB");
        assert_eq!(size(12_345_678_901), "12.3 GB");
    }
}
