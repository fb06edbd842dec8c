//! The book in the forms that readers get.

use std::{fs, path::Path};

use harness::{Error, Program, Running};
use tempfile::TempDir;

use crate::{executable, root};

/// A book that can be opened in a browser.
#[derive(Debug)]
pub struct Book {
    url: String,
    // Keeps the server of the book running, or its folder in place.
    _workshop: Option<Running>,
    _folder: Option<TempDir>,
}

impl Book {
    /// The book as `cargo workshop` serves it.
    pub fn serve() -> Result<Self, Error> {
        let free = ["--no-stand-ins", "--port", "0"];
        let running = workshop(&free).start_when("Ctrl-C")?;
        let stderr = running.stderr();
        let line = stderr.lines().find_map(|line| line.strip_prefix("Book: "));
        let url = line.and_then(|line| line.split(' ').next()).expect("it says where the book is");
        Ok(Self { url: url.to_string(), _workshop: Some(running), _folder: None })
    }

    /// The book in a folder, as `cargo workshop book` puts it onto a USB stick.
    pub fn write() -> Result<Self, Error> {
        let folder = tempfile::tempdir()?;
        let finished = workshop(&["book"]).arg(folder.path()).run()?;
        assert!(finished.status.success(), "{}", finished.stderr);
        let url = format!("file://{}", folder.path().display());
        Ok(Self { url, _workshop: None, _folder: Some(folder) })
    }

    /// The address of a page, such as `step-01.html`.
    pub fn page(&self, name: &str) -> String {
        format!("{}/{name}", self.url)
    }
}

fn workshop(args: &[&str]) -> Program {
    let program = args.iter().fold(Program::new(executable("cli")), Program::arg);
    program.arg("--root").arg(root())
}

/// The book's pages in the order of its summary, such as `step-01.html`.
pub fn pages() -> Vec<String> {
    let summary = Path::new("book").join("src").join("SUMMARY.md");
    let summary = fs::read_to_string(root().join(summary)).expect("the book has a summary");
    let links = summary.lines().filter_map(|line| line.split_once("](")?.1.split_once(".md)"));
    links.map(|(page, _)| format!("{page}.html")).collect()
}
