//! `cargo workshop rehearse`: runs every program once, without a network.

use anyhow::{Context as _, Result, bail};
use harness::KillSwitch;
use tokio::task::spawn_blocking;

use crate::{commands::prepare, rehearse, stop, workspace::Workspace};

pub(super) const DETAILS: &str = "\
Starts each program with cargo run, as the book does, but with cargo's network disabled and
on a free port, so that a class can continue meanwhile. Each step must answer a request and
send its telemetry; then each program must stop after SIGTERM. Prints a line on stdout for
each program. No data leaves this machine.";

/// Builds what is not built yet, and runs every program once.
pub fn run(workspace: &Workspace) -> Result<()> {
    // Build first: cargo shows its own progress, and a build has no time limit.
    for package in rehearse::packages(workspace)? {
        prepare::build(workspace, &package)?;
    }
    stop::run(until_stopped(workspace.clone()))
}

async fn until_stopped(workspace: Workspace) -> Result<()> {
    let stop = stop::at_signal()?;
    let kill_switch = KillSwitch::default();
    let programs = kill_switch.clone();
    let rehearsal = spawn_blocking(move || rehearse::run(&workspace, &programs));
    tokio::select! {
        result = rehearsal => result.context("The rehearsal panicked")?,
        () = stop.cancelled() => {
            kill_switch.kill();
            bail!("Interrupted: all programs were stopped")
        }
    }
}
