//! `cargo workshop rehearse`: proves that the class can do without a network.

use anyhow::{Context as _, Result};
use clap::Args;

use crate::stop::{GRACE, Stop};
use crate::{commands::prepare, rehearse, workspace::Workspace};

const WHAT_HAPPENS: &str = "\
Each program is started as the book starts it, with cargo run, but with cargo's network
switched off and on a free port, so that a class can go on meanwhile. Each step has to
answer a request and to send its telemetry to where it belongs; then each program has to
stop when it is told to. A line on stdout says so. Nothing leaves this machine.";

/// Run every step and both stand-ins once, with cargo's network switched off
#[derive(Debug, Args)]
#[command(after_help = WHAT_HAPPENS)]
pub struct Options {}

/// Rehearses.
///
/// # Errors
/// A program that does not do what the class will want of it.
pub fn run(workspace: &Workspace, _: &Options) -> Result<()> {
    // Before any is started: building shows its own progress, and has no limit.
    for package in rehearse::packages(workspace)? {
        prepare::build(workspace, &package)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("Cannot start the runtime")?;
    let result = runtime.block_on(async {
        let stop = Stop::at_signal().context("Cannot listen for Ctrl-C")?;
        tokio::select! {
            result = rehearse::all(workspace) => result,
            // What was started ends with this.
            () = stop.wait() => anyhow::bail!("Interrupted: nothing runs any more"),
        }
    });
    runtime.shutdown_timeout(GRACE);
    result
}
