//! `cargo workshop doctor`: whether this machine has what the workshop needs.

use std::io::{self, Write as _};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::doctor::{Machine, Ports};
use crate::{with_progress, workspace::Workspace};

const WHAT_HAPPENS: &str = "\
Looks, and changes nothing. What is wrong comes with a cure: type it, then ask again.
  ✓ ok        as it should be
  ○ optional  not here, and not needed either
  ! look      works, but may surprise you
  ✗ wrong     the workshop needs this; then the exit code is 1";

/// Look whether this machine has what the workshop needs, and say how to cure what it has not
#[derive(Debug, Args)]
#[command(after_help = WHAT_HAPPENS)]
pub struct Options {
    #[command(flatten)]
    ports: Ports,
}

/// Prints what it found.
///
/// # Errors
/// When something that is needed is not there.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("Cannot start the runtime")?;
    let machine = Machine::this(workspace, options.ports);
    let report = with_progress("Looking at this machine", || runtime.block_on(machine.examine()));
    // Not print!, which panics when nobody reads.
    write!(io::stdout(), "{report}").context("Cannot print what was found")?;
    match report.wrong() {
        0 => {
            let _ = writeln!(io::stdout(), "\nAll that is needed is here. Next: cargo workshop");
            Ok(())
        }
        1 => bail!("\nOne thing is wrong. Type its cure, then cargo workshop doctor again."),
        more => {
            bail!("\n{more} things are wrong. Type their cures, then cargo workshop doctor again.")
        }
    }
}
