//! Gathers what goes on a stick.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::commands::prepare::fetch;
use crate::{book, cargo::cargo, site::files_in, with_progress, workspace::Workspace};

mod files;
mod names;

/// Says to whoever holds the stick what to do with it.
pub const READ_ME: &str = "READ-ME-FIRST.txt";
/// The crates, from the workshop's folder.
const CRATES: &str = "vendor";
/// The book as HTML. `book` has its sources.
const BOOK: &str = "html-book";
/// Relative to the folder of `.cargo`, wherever that is copied to.
const INSTEAD: &str = "
# Every crate is in `vendor`, so that cargo needs no network.
[source.crates-io]
replace-with = \"vendored-sources\"

[source.vendored-sources]
directory = \"vendor\"
";

/// Puts everything into `into`, an empty folder.
///
/// # Errors
/// Crates that cannot be had; a book that cannot be built; files that a stick cannot hold.
pub fn gather(workspace: &Workspace, into: &Path) -> Result<()> {
    only_crates_io(workspace)?;
    with_progress("Copying the workshop", || files::copy(workspace.root(), into))?;
    fetch(workspace)?;
    with_progress("Copying the crates", || vendor(workspace, &into.join(CRATES)))?;
    with_progress("Building the book", || book::build(workspace, &into.join(BOOK)))?;
    let config = into.join(".cargo/config.toml");
    let text = fs::read_to_string(&config).context("The workshop has no .cargo/config.toml")?;
    write(&config, &(text + INSTEAD))?;
    write(&into.join(READ_ME), &read_me(&workspace.rust_version()?))?;
    let all = files_in(into).context("Cannot read what was gathered")?;
    names::check(&all)
}

/// What replaces the source of the crates replaces this one alone.
fn only_crates_io(workspace: &Workspace) -> Result<()> {
    let lock = fs::read_to_string(workspace.root().join("Cargo.lock"));
    let lock = lock.context("The workshop has no Cargo.lock")?;
    let mut sources = lock.lines().filter_map(|line| line.strip_prefix("source = "));
    let known = "\"registry+https://github.com/rust-lang/crates.io-index\"";
    match sources.find(|source| *source != known) {
        None => Ok(()),
        Some(source) => bail!("A crate comes from {source}, and only crates.io can be packed"),
    }
}

/// Copies every crate to `into`, from wherever this machine's cargo has it.
fn vendor(workspace: &Workspace, into: &Path) -> Result<()> {
    let mut vendor = cargo(workspace);
    vendor.args(["vendor", "--locked", "--offline", "--quiet", "--respect-source-config"]);
    // What it prints is a configuration that may name this machine's own mirror: INSTEAD is ours.
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

fn read_me(rust: &str) -> String {
    format!(
        "\
OpenTelemetry in Rust, a workshop

1. Copy this whole folder from the stick to your disk, and go on there. A stick is slow, and
   most systems run no program from it.

2. You need Rust {rust} or newer. In a terminal:

       rustc --version

   Rust itself is not on the stick. It comes from https://rustup.rs, which needs a network.

3. In a terminal, in the folder on your disk:

       cargo workshop doctor
       cargo workshop prepare
       cargo workshop rehearse

   The first says what is missing, the second builds everything, which takes some minutes, and
   the third shows that all of it works. None of them needs a network: every crate is in the
   folder {CRATES}, and .cargo/config.toml tells cargo so.

4. Open the book: {BOOK}/index.html, in a browser. Or type cargo workshop.

On Windows, keep the path of the folder short, such as C:\\workshop.
If the file {READ_ME} is all that you see, your system hides the rest: list the folder
in a terminal, and copy files whose names begin with a dot as well.
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letter_fits_a_narrow_window() {
        let text = read_me("1.95");
        assert!(text.lines().all(|line| line.chars().count() <= 96), "{text}");
        assert!(text.is_ascii(), "any editor shows it");
    }
}
