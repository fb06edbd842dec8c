//! `cargo workshop pack`: all that a class needs, for a USB stick.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::cargo::target_folder;
use crate::copy::{Target, What};
use crate::size::{readable, taken};
use crate::{pack, say, seconds, with_progress, workspace::Workspace};

const WHAT_HAPPENS: &str = "\
DIR gets the workshop's files, every crate, the book as HTML, and a READ-ME-FIRST.txt.
Copied from there to the disk of a machine that has Rust, all of it builds and runs without
a network. Files that git does not know, such as .env, are left out; without git, what was
built and .env are. When DIR has an older pack, what has changed is replaced, and files of
yours stay.";

/// Pack all that a class needs, to be handed out on a USB stick
#[derive(Debug, Args)]
#[command(after_help = WHAT_HAPPENS)]
pub struct Options {
    /// A folder that is new, empty, or made by this command
    dir: PathBuf,
}

/// Packs.
///
/// # Errors
/// A folder that is not ours to write into; crates that cannot be had; a book that cannot be built.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let start = Instant::now();
    if workspace.root().join(What::Pack.list()).exists() {
        bail!("This is a packed workshop already. Copy its folder, without target, as it is");
    }
    let target = Target::open(What::Pack, &options.dir)?;
    let folder = target_folder(workspace)?;
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("Cannot write to {}", folder.display()))?;
    // Gathered first: a pack that fails must not replace one that works.
    let gathered = tempfile::tempdir_in(&folder).context("Cannot make a temporary folder")?;
    pack::gather(workspace, gathered.path())?;
    with_progress("Copying; sticks are slow", || target.replace_with(gathered.path()))?;
    let dir = std::path::absolute(&options.dir).context("Cannot tell the folder's path")?;
    say(&format!(
        "Packed in {}: {} holds {}. Copy that folder to a stick. What to do with it is in its {}.",
        seconds(start),
        dir.display(),
        readable(taken(gathered.path())),
        pack::READ_ME
    ));
    Ok(())
}
