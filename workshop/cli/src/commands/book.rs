//! `cargo workshop book`: the book in a folder, for a USB stick or a web server.

use std::path::{self, Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::output::{self, Output};
use crate::{book, say, seconds, with_progress, workspace::Workspace};

const DETAILS: &str = "\
Open the index.html of the folder in a browser. The book needs no server and no network. A
mistake in the book, such as a missing source or a warning of mdBook, is an error: nothing
is written, and the exit code is 1.";

/// Build the book into a folder, to be read without a server
#[derive(Debug, Args)]
#[command(after_help = DETAILS)]
pub struct Options {
    /// A folder that is new, empty, or made by this command [default: target/book]
    dir: Option<PathBuf>,
}

/// Builds the book.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let start = Instant::now();
    let dir = options.dir.clone().unwrap_or_else(|| workspace.root().join("target/book"));
    let page = write(workspace, &dir)?;
    let took = seconds(start);
    say(&format!(
        "Built the book in {took}. Open {} in a browser; it needs no server.",
        page.display()
    ));
    Ok(())
}

/// Builds the book into `dir`, and returns its first page.
pub fn write(workspace: &Workspace, dir: &Path) -> Result<PathBuf> {
    // An error here should not wait for the build.
    let output = Output::open(output::BOOK, dir)?;
    // A build that fails must not replace a book that works.
    let built = tempfile::tempdir().context("Cannot create a temporary folder")?;
    with_progress("Building the book", || book::build(workspace, built.path()))?;
    with_progress("Copying the book", || output.replace_with(built.path()))?;
    // A browser needs the absolute path.
    path::absolute(dir.join("index.html")).context("Cannot find the absolute path of the book")
}
