//! `cargo workshop pack`: everything that a class needs, for a USB stick.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::files::{files_in, size, size_of};
use crate::output::{self, Output};
use crate::{pack, say, seconds, with_progress, workspace::Workspace};

const DETAILS: &str = "\
DIR gets READ-ME-FIRST.txt and an archive with the workshop's files, every crate, and the
book as HTML. Once the archive is unpacked on a machine with Rust, everything builds and
runs without a network. Files that git does not track, such as .env, are left out; without git,
.env and the folders named target are. If DIR has an older pack, it is replaced, and your
own files stay, such as the installers of Rust in DIR/installers.";

/// Pack everything that a class needs, for a USB stick
#[derive(Debug, Args)]
#[command(after_help = DETAILS)]
pub struct Options {
    /// A folder that is new, empty, or made by this command
    dir: PathBuf,
}

/// Packs the workshop.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let start = Instant::now();
    if workspace.root().join(pack::ORIGINALS).exists() {
        bail!("This is a packed workshop already. Copy the archive that it was unpacked from");
    }
    let output = Output::open(output::PACK, &options.dir)?;
    // The temporary folder of the system may be too small.
    let target = workspace.root().join("target");
    std::fs::create_dir_all(&target)
        .with_context(|| format!("Cannot write to {}", target.display()))?;
    // A pack that fails must not replace a pack that works.
    let temporary = tempfile::tempdir_in(&target).context("Cannot create a temporary folder")?;
    let packed = tempfile::tempdir_in(&target).context("Cannot create a temporary folder")?;
    pack::gather(workspace, temporary.path(), packed.path())?;
    with_progress("Copying, which is slow on a stick", || output.replace_with(packed.path()))?;
    let dir = std::path::absolute(&options.dir).context("Cannot find the absolute path of DIR")?;
    let packed_size = size_of(packed.path(), &files_in(packed.path())?);
    let unpacked_size = size_of(temporary.path(), &files_in(temporary.path())?);
    say(&format!(
        "Packed in {}: {} has {}, and {} when unpacked. Copy its files to a stick, and the \
         installers of Rust into a folder installers. {} has the next steps.",
        seconds(start),
        dir.display(),
        size(packed_size),
        size(unpacked_size),
        pack::READ_ME
    ));
    Ok(())
}
