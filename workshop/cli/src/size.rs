//! How much room something takes.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::path::Path;

/// `bytes` as a disk's maker counts them: `1.2 GB`.
#[must_use]
pub fn readable(bytes: u64) -> String {
    // In whole tenths of a gigabyte; less is not worth a decision.
    let tenths = bytes / 100_000_000;
    format!("{}.{} GB", tenths / 10, tenths % 10)
}

/// The bytes of all files in `folder`. What vanishes meanwhile does not count: cargo may be at work.
#[must_use]
pub fn taken(folder: &Path) -> u64 {
    let mut seen = HashSet::new();
    let mut bytes = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(found) = entry.metadata() else { continue };
            if found.is_dir() {
                folders.push(entry.path());
            } else if same_file(&found).is_none_or(|file| seen.insert(file)) {
                bytes += found.len();
            }
        }
    }
    bytes
}

/// Tells a file with several names, of which cargo makes many, from several files.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere there is none")]
fn same_file(found: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn same_file(_: &Metadata) -> Option<(u64, u64)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_short() {
        assert_eq!(readable(0), "0.0 GB");
        assert_eq!(readable(12_345_678_901), "12.3 GB");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_with_two_names_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        fs::write(folder.path().join("in/one"), [0; 1000]).unwrap();
        fs::hard_link(folder.path().join("in/one"), folder.path().join("two")).unwrap();
        fs::write(folder.path().join("three"), [0; 10]).unwrap();
        assert_eq!(taken(folder.path()), 1010);
    }
}
