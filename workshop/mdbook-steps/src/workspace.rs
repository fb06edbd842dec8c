//! Finds sources in the workspace: `step-02/app.rs` is in the one folder `steps/02-*`, whatever
//! that is called, and anything else is a path from the root.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Problem;

/// A text file of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// From the workspace's root, with slashes.
    pub path: String,
    /// With line feeds alone, however it was checked out.
    pub text: String,
}

/// A step's folder.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// The package: `step-02`.
    pub name: String,
    /// From the workspace's root: `steps/02-console-metrics`.
    pub folder: String,
}

/// The folder of the workspace's `Cargo.toml`.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The step called `step-NN`.
    pub fn step(&self, name: &str) -> Result<Step, Problem> {
        let folders = self.list("steps");
        let number = name.strip_prefix("step-").unwrap_or_default();
        let mut found: Vec<&String> = folders
            .iter()
            .filter(|folder| folder.split_once('-').is_some_and(|(start, _)| start == number))
            .collect();
        match (found.pop(), found.is_empty()) {
            (Some(folder), true) => {
                Ok(Step { name: name.to_string(), folder: format!("steps/{folder}") })
            }
            (Some(folder), false) => Err(Problem::Ambiguous {
                what: name.to_string(),
                those: found.into_iter().chain([folder]).map(|it| format!("steps/{it}")).collect(),
            }),
            (None, _) => {
                let there = folders.iter().filter_map(|it| it.split_once('-'));
                let there = there.map(|(number, _)| format!("step-{number}")).collect();
                Err(Problem::missing(format!("step `{name}`"), name, there))
            }
        }
    }

    /// `step-02/app.rs` in its step, `docker-compose.yml` at the root.
    pub fn source(&self, path: &str) -> Result<Source, Problem> {
        match split(path) {
            Some((step, file)) => {
                let step = self.step(step)?;
                let path = self.step_file(&step, file)?;
                self.read(&path)
            }
            None => self.read(path),
        }
    }

    /// The path of a step's file, which may be given from the step's folder or from its `src`.
    fn step_file(&self, step: &Step, file: &str) -> Result<String, Problem> {
        let paths = [format!("{}/src/{file}", step.folder), format!("{}/{file}", step.folder)];
        let mut found = paths.into_iter().filter(|path| self.has(path));
        match (found.next(), found.next()) {
            (Some(path), None) => Ok(path),
            (Some(one), Some(other)) => {
                Err(Problem::Ambiguous { what: file.to_string(), those: vec![one, other] })
            }
            (None, _) => {
                let mut there = self.files(&format!("{}/src", step.folder));
                there.push("Cargo.toml".to_string());
                Err(Problem::missing(format!("`{file}` in {}", step.folder), file, there))
            }
        }
    }

    /// The text of a file.
    pub fn read(&self, path: &str) -> Result<Source, Problem> {
        if !self.has(path) {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            return Err(Problem::missing(format!("file `{path}`"), name, self.list(folder)));
        }
        let bytes = fs::read(self.root.join(path)).map_err(|error| Problem::broken(path, error))?;
        let text = String::from_utf8(bytes).map_err(|_| Problem::broken(path, "is not UTF-8"))?;
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        if text.trim().is_empty() {
            return Err(Problem::Empty(path.to_string()));
        }
        Ok(Source { path: path.to_string(), text })
    }

    /// Whether there is a file of exactly this name. A file system that takes `App.rs` for `app.rs`
    /// would build a book here that fails elsewhere.
    pub fn has(&self, path: &str) -> bool {
        let mut folder = self.root.clone();
        for part in path.split('/') {
            let mut entries = fs::read_dir(&folder).into_iter().flatten().flatten();
            // `..` and the like are in no listing, so nothing outside of the root is ever read.
            if !entries.any(|entry| entry.file_name() == *part) {
                return false;
            }
            folder.push(part);
        }
        folder.is_file()
    }

    /// The names in a folder, sorted.
    pub fn list(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// The files in a folder and below it, from that folder, sorted.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let mut files = Vec::new();
        for name in self.list(folder) {
            let path = format!("{folder}/{name}");
            if self.root.join(&path).is_dir() {
                files.extend(self.files(&path).into_iter().map(|file| format!("{name}/{file}")));
            } else {
                files.push(name);
            }
        }
        files
    }
}

/// `step-02/app.rs` is the file `app.rs` of `step-02`.
pub(crate) fn split(path: &str) -> Option<(&str, &str)> {
    let (step, file) = path.split_once('/')?;
    step.starts_with("step-").then_some((step, file))
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
            ("steps/01-one/src/deep/er.rs", "fn c() {}"),
            ("steps/01-one/src/empty.rs", " \n"),
            ("steps/02-two/a.rs", "1"),
            ("steps/02-two/src/a.rs", "2"),
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
        assert_eq!(path("step-01/deep/er.rs"), "steps/01-one/src/deep/er.rs");
        assert_eq!(path("Cargo.toml"), "Cargo.toml");
    }

    #[test]
    fn says_what_there_is_instead() {
        let (_folder, workspace) = workspace();
        let message = |path: &str| workspace.source(path).unwrap_err().to_string();
        assert_eq!(
            message("step-01/ap.rs"),
            "there is no `ap.rs` in steps/01-one. Did you mean `app.rs`? There are: Cargo.toml, \
             app.rs, deep/er.rs, empty.rs"
        );
        assert_eq!(
            message("step-1/app.rs"),
            "there is no step `step-1`. Did you mean `step-01`? There are: step-01, step-02, step-03"
        );
        assert_eq!(
            message("step-02/a.rs"),
            "a.rs could be any of steps/02-two/src/a.rs, steps/02-two/a.rs"
        );
        assert_eq!(message("step-03/x"), "step-03 could be any of steps/03-a, steps/03-b");
        assert_eq!(
            message("step-01/empty.rs"),
            "steps/01-one/src/empty.rs is empty: there is nothing to show"
        );
        assert_eq!(
            message("cargo.toml"),
            "there is no file `cargo.toml`. Did you mean `Cargo.toml`? There are: Cargo.toml, steps"
        );
    }

    #[test]
    fn stays_inside() {
        let (_folder, workspace) = workspace();
        for path in ["../x", "/etc/hosts", "steps/../Cargo.toml", "./Cargo.toml", "steps//x", ""] {
            assert!(workspace.source(path).is_err(), "{path}");
        }
        assert!(workspace.source("step-01/../02-two/a.rs").is_err());
    }
}
