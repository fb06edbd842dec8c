//! The content of a USB stick for a class.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use flate2::{Compression, write::GzEncoder};
use jiff::Timestamp;

use crate::commands::prepare::fetch;
use crate::files::{files_in, with_slashes};
use crate::output::write_with_folders;
use crate::workspace::{RUST_VERSION, Workspace};
use crate::{book, cargo::cargo, with_progress};

pub mod files;
mod names;

/// The instructions for the learners.
pub const READ_ME: &str = "READ-ME-FIRST.txt";
/// The only folder in the archive.
const FOLDER: &str = "opentelemetry-workshop";
/// The archive. A stick with thousands of small files is slow, and wastes space.
const ARCHIVE: &str = "opentelemetry-workshop.tar.gz";
/// The folder of the crates.
const CRATES: &str = "vendor";
/// The folder of the book as HTML; `book` has its sources.
pub const BOOK: &str = "html-book";
/// A second copy of the steps for `cargo workshop reset`, because a pack has no git history.
pub const ORIGINALS: &str = ".originals";
/// Cargo's configuration. The path is relative to the folder that contains `.cargo`.
const VENDORED: &str = "
# Cargo takes every crate from `vendor`, without a network.
[source.crates-io]
replace-with = \"vendored-sources\"

[source.vendored-sources]
directory = \"vendor\"
";

/// Writes the instructions and the archive into `into`, an empty folder, with the help of the empty
/// folder `temporary`.
pub fn gather(workspace: &Workspace, temporary: &Path, into: &Path) -> Result<()> {
    only_crates_io(workspace)?;
    let tree = temporary.join(FOLDER);
    with_progress("Copying the workshop", || files::copy(workspace.root(), &tree))?;
    with_progress("Copying the steps", || copy_steps(&tree))?;
    fetch(workspace)?;
    with_progress("Copying the crates", || vendor(workspace, &tree.join(CRATES)))?;
    with_progress("Building the book", || book::build(workspace, &tree.join(BOOK)))?;
    let config = tree.join(".cargo/config.toml");
    let text = fs::read_to_string(&config).context("The workshop has no .cargo/config.toml")?;
    write(&config, &(text + VENDORED))?;
    for folder in [&tree, into] {
        write(&folder.join(READ_ME), &read_me())?;
    }
    let all = files_in(&tree).context("Cannot read the pack")?;
    names::check(&all)?;
    let archive = || archive(&tree, &all, &into.join(ARCHIVE));
    with_progress("Compressing", archive).context("Cannot write the archive")
}

fn copy_steps(tree: &Path) -> Result<()> {
    let steps = tree.join("steps");
    for file in files_in(&steps).context("Cannot read the steps")? {
        let bytes = fs::read(steps.join(&file))?;
        write_with_folders(&tree.join(ORIGINALS).join("steps").join(&file), &bytes)?;
    }
    Ok(())
}

/// Writes a tar.gz of `files`, which are relative to `tree`.
fn archive(tree: &Path, files: &[PathBuf], path: &Path) -> io::Result<()> {
    // In a development build, the best level takes minutes, and saves only a quarter.
    let compressed = GzEncoder::new(BufWriter::new(File::create(path)?), Compression::fast());
    let mut archive = tar::Builder::new(compressed);
    // The time of the pack, so that cargo rebuilds what an older pack has built.
    let now = u64::try_from(Timestamp::now().as_second()).unwrap_or_default();
    for file in files {
        let bytes = fs::read(tree.join(file))?;
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(now);
        archive.append_data(&mut header, format!("{FOLDER}/{}", with_slashes(file)), &*bytes)?;
    }
    archive.into_inner()?.finish()?.into_inner()?.sync_all()
}

/// Rejects crates from other sources than crates.io, because [`VENDORED`] replaces only that.
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
    // Its stdout is a configuration that may name this machine's mirror. VENDORED replaces it.
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

1. Copy {ARCHIVE} from the stick to your disk. In a terminal, in the
   folder with that file, unpack the archive. Windows 10 and newer have the command tar, too:

       tar -xzf {ARCHIVE}
       cd {FOLDER}

2. You need Rust {RUST_VERSION} or newer, and a linker. This command checks for both:

       sh check.sh

   On Windows, in PowerShell:

       powershell -ExecutionPolicy Bypass -File check.ps1

   If something is missing and there is no network, look for the installer of your system in
   the folder installers on the stick. If there is none, work with a neighbor.

3. In the folder {FOLDER}:

       cargo workshop prepare
       cargo workshop rehearse

   The first command builds everything in a few minutes, and the second runs every program
   once. They need no network: every crate is in the folder {CRATES}, and .cargo/config.toml
   tells cargo to use that folder.

4. Type cargo workshop. The book needs no Rust: open {BOOK}/index.html in a browser.

On Windows, keep the path of the folder short, such as C:\\workshop.
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
