//! A copy of the parts of the repository from which `mine/` is made.

use std::{fs, path::Path, path::PathBuf};

use tempfile::TempDir;

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A root in a folder of its own, whose name has spaces.
pub fn root() -> TempDir {
    let root = tempfile::Builder::new().prefix("a workshop ").tempdir().unwrap();
    fill(root.path());
    root
}

/// Copies the files that `mine/` is made from.
pub fn fill(root: &Path) {
    for file in ["Cargo.toml", "Cargo.lock", "rustfmt.toml"] {
        fs::copy(repository().join(file), root.join(file)).unwrap();
    }
    for folder in ["steps", "labs", "exercises"] {
        copy(&repository().join(folder), &root.join(folder));
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
