//! `cargo workshop book`: the book in a folder, for a USB stick or a web server.

use std::path::{self, Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::copy::{Target, What};
use crate::{book, say, seconds, with_progress, workspace::Workspace};

const WHAT_HAPPENS: &str = "\
Open its index.html in a browser, from a USB stick if you like: the book needs neither a
server nor a network. When anything is wrong with it, such as a source that is missing or
a warning of mdBook's, this says what, writes nothing, and ends with 1.";

/// Build the book into a folder, to be read without a server
#[derive(Debug, Args)]
#[command(after_help = WHAT_HAPPENS)]
pub struct Options {
    /// A folder that is new, empty, or made by this command [default: target/book]
    dir: Option<PathBuf>,
}

/// Builds the book.
///
/// # Errors
/// A book that cannot be built; a folder that is not ours to write into.
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
///
/// # Errors
/// A book that cannot be built; a folder that is not ours to write into.
pub fn write(workspace: &Workspace, dir: &Path) -> Result<PathBuf> {
    // Refused before the work, not after it.
    let target = Target::open(What::Book, dir)?;
    // Built somewhere else first: a book that fails must not replace one that works.
    let built = tempfile::tempdir().context("Cannot make a temporary folder")?;
    with_progress("Building the book", || book::build(workspace, built.path()))?;
    with_progress("Copying the book", || target.replace_with(built.path()))?;
    // The whole path is what a browser's address bar takes.
    path::absolute(dir.join("index.html")).context("Cannot tell the folder's path")
}
