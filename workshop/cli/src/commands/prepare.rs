//! `cargo workshop prepare`: fetches and builds all that the class needs.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::cargo::{STAND_INS, cargo, target_folder};
use crate::size::{readable, taken};
use crate::{commands::book, say, seconds, workspace::Workspace};

const WHAT_HAPPENS: &str = "\
From then on no command of the workshop needs a network. What is there already is not done
again: interrupt it whenever you like, and type it once more. Each program is built by
itself, as cargo run builds it: building them all at once gives some crates other features,
and cargo run would build those again.";

/// Fetch and build all that the class needs, while there is a network
#[derive(Debug, Args)]
#[command(after_help = WHAT_HAPPENS)]
pub struct Options {}

/// Fetches and builds.
///
/// # Errors
/// Crates that cannot be fetched; a program or a book that cannot be built.
pub fn run(workspace: &Workspace, _: &Options) -> Result<()> {
    let start = Instant::now();
    let steps = workspace.steps()?;
    let packages: Vec<_> = steps
        .iter()
        .map(|step| step.package.as_str())
        .chain(STAND_INS)
        .chain(["workshop"])
        .collect();
    let all = packages.len() + 2;
    let tell = |number: usize, doing: &str| {
        say(&format!("{number} of {all}, after {}: {doing}", seconds(start)));
    };

    tell(1, "the crates");
    fetch(workspace)?;
    for (index, package) in packages.iter().enumerate() {
        tell(index + 2, package);
        build(workspace, package)?;
    }
    tell(all, "the book");
    let page = book::write(workspace, &workspace.root().join("target/book"))?;

    let target = target_folder(workspace)?;
    say(&format!(
        "Ready in {}: the crates, {} programs and the book ({}). {} holds {}.\n\
         No network is needed any more. Next: cargo workshop rehearse, to see all of it work.",
        seconds(start),
        packages.len(),
        page.display(),
        target.display(),
        readable(taken(&target))
    ));
    Ok(())
}

/// Fetches the crates, unless they are all here.
///
/// # Errors
/// When they cannot be had.
pub fn fetch(workspace: &Workspace) -> Result<()> {
    let mut here = cargo(workspace);
    here.args(["fetch", "--locked", "--offline", "--quiet"]);
    // Its words would be about a network that nobody needs yet.
    let here = here.output().context("Cannot run cargo")?;
    if here.status.success() {
        return Ok(());
    }
    let mut fetch = cargo(workspace);
    if !succeeds(fetch.args(["fetch", "--locked"]))? {
        bail!(
            "The crates cannot be fetched; cargo says why, above. Type cargo workshop prepare \
             again where there is a network: it goes on from here. Where there is none, copy the \
             workshop from a stick that cargo workshop pack has filled. Behind a proxy, cargo \
             needs https_proxy"
        );
    }
    Ok(())
}

/// Builds a program as `cargo run` would, without a network. Cargo shows how far it is.
///
/// # Errors
/// When it cannot be built.
pub fn build(workspace: &Workspace, package: &str) -> Result<()> {
    let mut build = cargo(workspace);
    if !succeeds(build.args(["build", "--locked", "--offline", "--package", package]))? {
        bail!(
            "{package} cannot be built; cargo says why, above. When that is mended, type the same \
             again: what is done stays done. If crates are missing, cargo workshop prepare fetches \
             them"
        );
    }
    Ok(())
}

fn succeeds(command: &mut Command) -> Result<bool> {
    Ok(command.status().context("Cannot run cargo")?.success())
}
