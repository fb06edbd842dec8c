//! Finds sources in the workspace: `step-02/app.rs` is in the folder `steps/02-*`, and any other path
//! starts at the root.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::error::missing;

/// The book's sources, from the workspace's root.
pub(crate) const BOOK: &str = "book/src";

/// A text file of the workspace.
#[derive(Debug)]
pub(crate) struct Source {
    /// The path from the workspace's root, with slashes.
    pub path: String,
    /// The text, in which every line ends with a line feed only.
    pub text: String,
}

/// The folder of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder of the workspace.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The path of the folder of `step-NN` from the root.
    pub fn step(&self, name: &str) -> Result<String> {
        let folders = self.list("steps");
        let is_step = |folder: &&String| {
            let number = folder.split_once('-').map(|(number, _)| number);
            number.is_some() && number == name.strip_prefix("step-")
        };
        let found: Vec<&String> = folders.iter().filter(is_step).collect();
        match found[..] {
            [folder] => Ok(format!("steps/{folder}")),
            [] => {
                let numbers = folders.iter().filter_map(|folder| folder.split_once('-'));
                let names: Vec<_> = numbers.map(|(number, _)| format!("step-{number}")).collect();
                Err(missing(format!("step `{name}`"), name, &names))
            }
            [one, other, ..] => bail!("{name} is ambiguous: steps/{one}, steps/{other}"),
        }
    }

    /// Reads `step-02/app.rs` from the step's `src` or its folder. Any other path starts at the
    /// root.
    pub fn source(&self, path: &str) -> Result<Source> {
        let Some((step, file)) = split_step(path) else { return self.read(path) };
        let folder = self.step(step)?;
        let paths = [format!("{folder}/src/{file}"), format!("{folder}/{file}")];
        if let Some(path) = paths.iter().find(|path| self.has(path)) {
            return self.read(path);
        }
        let mut files = self.list(&format!("{folder}/src"));
        files.push("Cargo.toml".to_string());
        Err(missing(format!("`{file}` in {folder}"), file, &files))
    }

    /// Reads a file, whose path starts at the root.
    pub fn read(&self, path: &str) -> Result<Source> {
        if !self.has(path) {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            return Err(missing(format!("file `{path}`"), name, &self.list(folder)));
        }
        let text = fs::read_to_string(self.root.join(path)).with_context(|| path.to_string())?;
        if text.trim().is_empty() {
            bail!("{path} is empty");
        }
        Ok(Source { path: path.to_string(), text: text.replace("\r\n", "\n") })
    }

    /// Whether there is a file with exactly this name. Without this check, a book could be built on
    /// a file system that ignores case, but not on other file systems.
    pub fn has(&self, path: &str) -> bool {
        let mut folder = String::new();
        for part in path.split('/') {
            // A folder does not list `..`, so a path cannot leave the workspace.
            if !self.list(&folder).iter().any(|name| name == part) {
                return false;
            }
            folder = format!("{folder}{part}/");
        }
        self.root.join(path).is_file()
    }

    /// The names in a folder, sorted.
    pub fn list(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}

/// `step-02/app.rs` is the file `app.rs` of `step-02`.
pub(crate) fn split_step(path: &str) -> Option<(&str, &str)> {
    path.split_once('/').filter(|(step, _)| step.starts_with("step-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("Cargo.toml", "[workspace]\r\n"),
            ("steps/01-one/Cargo.toml", "[package]"),
            ("steps/01-one/src/app.rs", "fn a() {}\r\nfn b() {}\r\n"),
            ("steps/01-one/src/empty.rs", " \n"),
            ("steps/03-a/x", "1"),
            ("steps/03-b/x", "1"),
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let workspace = Workspace::new(folder.path().to_path_buf());
        (folder, workspace)
    }

    #[test]
    fn finds_files_of_steps_and_of_the_root() {
        let (_folder, workspace) = workspace();
        let source = workspace.source("step-01/app.rs").unwrap();
        assert_eq!(source.path, "steps/01-one/src/app.rs");
        assert_eq!(source.text, "fn a() {}\nfn b() {}\n");
        let path = |path: &str| workspace.source(path).unwrap().path;
        assert_eq!(path("step-01/Cargo.toml"), "steps/01-one/Cargo.toml");
        assert_eq!(path("Cargo.toml"), "Cargo.toml");
    }

    #[test]
    fn lists_the_names_that_exist() {
        let (_folder, workspace) = workspace();
        let message = |path: &str| workspace.source(path).unwrap_err().to_string();
        assert_eq!(
            message("step-01/ap.rs"),
            "there is no `ap.rs` in steps/01-one. Did you mean `app.rs`? Available: Cargo.toml, \
             app.rs, empty.rs"
        );
        assert_eq!(
            message("step-1/app.rs"),
            "there is no step `step-1`. Did you mean `step-01`? Available: step-01, step-03"
        );
        assert_eq!(message("step-03/x"), "step-03 is ambiguous: steps/03-a, steps/03-b");
        assert_eq!(message("step-01/empty.rs"), "steps/01-one/src/empty.rs is empty");
        assert_eq!(
            message("cargo.toml"),
            "there is no file `cargo.toml`. Did you mean `Cargo.toml`? Available: Cargo.toml, steps"
        );
    }

    #[test]
    fn reads_nothing_outside_the_workspace() {
        let (_folder, workspace) = workspace();
        for path in ["../x", "/etc/hosts", "steps/../Cargo.toml", "./Cargo.toml", "steps//x", ""] {
            assert!(workspace.source(path).is_err(), "{path}");
        }
        assert!(workspace.source("step-01/../03-a/x").is_err());
    }
}
