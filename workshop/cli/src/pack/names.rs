//! Names of files that FAT or Windows cannot store.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use sanitize_filename::{OptionsForCheck, is_sanitized_with_options};

use crate::files::with_slashes;

/// The maximum length in characters, without the path of the pack. By default, Windows allows 260.
const LONGEST: usize = 200;
/// Rejects names that a system cannot store.
pub(super) fn check(files: &[PathBuf]) -> Result<()> {
    let mut seen: HashMap<String, &Path> = HashMap::new();
    for file in files {
        let path = with_slashes(file);
        if let Some(why) = problem(&path) {
            bail!("{path} cannot be packed: {why}");
        }
        if let Some(other) = seen.insert(path.to_lowercase(), file) {
            bail!(
                "{path} cannot be packed: USB sticks and Windows confuse it with {}",
                other.display()
            );
        }
    }
    Ok(())
}

fn problem(path: &str) -> Option<&'static str> {
    if path.chars().count() > LONGEST {
        return Some("its path is too long for Windows");
    }
    let options = OptionsForCheck { windows: true, truncate: true };
    let is_valid = |part| is_sanitized_with_options(part, options.clone());
    (!path.split('/').all(is_valid)).then_some("Windows does not allow its name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_windows_cannot_store_are_rejected() {
        let ok = |paths: &[&str]| check(&paths.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert!(ok(&["a/b.rs", "a/c.rs", "b", ".cargo/config.toml", "a/console.rs"]).is_ok());
        for path in ["a?b", "a/con.rs", "NUL", "a./b", "a ", &"a/".repeat(150)] {
            assert!(ok(&[path]).is_err(), "{path}");
        }
        let error = ok(&["a/B", "A/b"]).unwrap_err().to_string();
        assert_eq!(error, "A/b cannot be packed: USB sticks and Windows confuse it with a/B");
    }
}
