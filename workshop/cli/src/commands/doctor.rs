//! `cargo workshop doctor`: checks whether this machine has everything that the workshop needs.

use std::io::{self, Write as _};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::doctor::{Machine, Ports};
use crate::{with_progress, workspace::Workspace};

const DETAILS: &str = "\
Changes nothing. Every problem comes with a fix: type it, then run the doctor again.
  ✓ ok        in order
  ○ optional  missing, and not necessary
  ! look      works, with a possible surprise
  ✗ wrong     necessary for the workshop; the exit code is 1";

/// Check whether this machine has everything that the workshop needs, and print fixes
#[derive(Debug, Args)]
#[command(after_help = DETAILS)]
pub struct Options {
    #[command(flatten)]
    ports: Ports,
}

/// Prints the findings.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let machine = Machine { workspace, ports: options.ports };
    let report = with_progress("Checking this machine", || machine.examine());
    // Unlike print!, this does not panic when stdout is closed.
    write!(io::stdout(), "{report}").context("Cannot print the findings")?;
    match report.wrong() {
        0 => {
            let next = if report.is_built() { "cargo workshop" } else { "cargo workshop prepare" };
            let _ = writeln!(io::stdout(), "\nEverything necessary is here. Next: {next}");
            Ok(())
        }
        1 => bail!("\nOne thing is wrong. Type its fix, then cargo workshop doctor again."),
        more => {
            bail!("\n{more} things are wrong. Type their fixes, then cargo workshop doctor again.")
        }
    }
}
