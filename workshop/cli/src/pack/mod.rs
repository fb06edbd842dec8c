//! The content of a USB stick for a class.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::commands::prepare::fetch;
use crate::files::files_in;
use crate::workspace::{RUST_VERSION, Workspace};
use crate::{book, cargo::cargo, with_progress};

pub mod files;
mod names;

/// The instructions for the learners.
pub const READ_ME: &str = "READ-ME-FIRST.txt";
/// The folder of the crates.
const CRATES: &str = "vendor";
/// The folder of the book as HTML; `book` has its sources.
const BOOK: &str = "html-book";
/// Cargo's configuration. The path is relative to the folder that contains `.cargo`.
const VENDORED: &str = "
# Cargo takes every crate from `vendor`, without a network.
[source.crates-io]
replace-with = \"vendored-sources\"

[source.vendored-sources]
directory = \"vendor\"
";

/// Writes everything into `into`, an empty folder.
pub fn gather(workspace: &Workspace, into: &Path) -> Result<()> {
    only_crates_io(workspace)?;
    with_progress("Copying the workshop", || files::copy(workspace.root(), into))?;
    fetch(workspace)?;
    with_progress("Copying the crates", || vendor(workspace, &into.join(CRATES)))?;
    with_progress("Building the book", || book::build(workspace, &into.join(BOOK)))?;
    let config = into.join(".cargo/config.toml");
    let text = fs::read_to_string(&config).context("The workshop has no .cargo/config.toml")?;
    write(&config, &(text + VENDORED))?;
    write(&into.join(READ_ME), &read_me())?;
    let all = files_in(into).context("Cannot read the pack")?;
    names::check(&all)
}

/// [`VENDORED`] replaces no other source of crates.
fn only_crates_io(workspace: &Workspace) -> Result<()> {
    let lock = fs::read_to_string(workspace.root().join("Cargo.lock"));
    let lock = lock.context("The workshop has no Cargo.lock")?;
    let mut sources = lock.lines().filter_map(|line| line.strip_prefix("source = "));
    let known = "\"registry+https://github.com/rust-lang/crates.io-index\"";
    match sources.find(|source| *source != known) {
        None => Ok(()),
        Some(source) => {
            bail!("A crate comes from {source}, but only crates from crates.io can be packed")
        }
    }
}

/// Copies every crate to `into`, with the sources that cargo uses on this machine.
fn vendor(workspace: &Workspace, into: &Path) -> Result<()> {
    let mut vendor = cargo(workspace);
    vendor.args(["vendor", "--locked", "--offline", "--quiet", "--respect-source-config"]);
    // Its stdout is a configuration that may contain this machine's mirror: VENDORED replaces it.
    let output = vendor.arg(into).output().context("Cannot run cargo")?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        bail!("Cargo cannot copy the crates: {}", why.trim());
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("Cannot write {}", path.display()))
}

fn read_me() -> String {
    format!(
        "\
OpenTelemetry in Rust, a workshop

1. Copy this whole folder from the stick to your disk, and continue there. A stick is slow,
   and most systems run no program from it.

2. You need Rust {RUST_VERSION} or newer. In a terminal:

       rustc --version

   Rust itself is not on the stick. Install it from https://rustup.rs, with a network.

3. In a terminal, in the folder on your disk:

       cargo workshop doctor
       cargo workshop prepare
       cargo workshop rehearse

   The first command checks your machine, the second builds everything in some minutes, and
   the third runs every program once. They need no network: every crate is in the folder
   {CRATES}, and .cargo/config.toml tells cargo to use that folder.

4. Open {BOOK}/index.html in a browser, or type cargo workshop.

On Windows, keep the path of the folder short, such as C:\\workshop.
If you see only the file {READ_ME}, your system hides the other files: list the
folder in a terminal, and also copy the files whose names begin with a dot.
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_fit_a_narrow_window() {
        let text = read_me();
        assert!(text.lines().all(|line| line.chars().count() <= 96), "{text}");
        assert!(text.is_ascii(), "every editor shows ASCII");
    }
}
