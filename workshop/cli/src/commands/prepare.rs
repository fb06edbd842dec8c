//! `cargo workshop prepare`: downloads and builds everything that the class needs.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::cargo::{STAND_INS, cargo};
use crate::{commands::book, say, seconds, workspace::Workspace};

pub(super) const DETAILS: &str = "\
Afterwards, no command of the workshop needs a network. You can interrupt it: the next run
continues from there. Each program is built by itself, as cargo run does: a build of all
programs at once enables other features of some crates, and cargo run would build those
crates again.";

/// Downloads the crates, and builds every program and the book.
pub fn run(workspace: &Workspace) -> Result<()> {
    let start = Instant::now();
    let steps = workspace.steps()?;
    let steps = steps.iter().map(|step| step.package.as_str());
    let packages: Vec<_> = steps.chain(STAND_INS).chain([env!("CARGO_PKG_NAME")]).collect();
    let all = packages.len() + 2;
    let progress = |number: usize, what: &str| {
        say(&format!("{number} of {all}, after {}: {what}", seconds(start)));
    };

    progress(1, "the crates");
    fetch(workspace)?;
    for (index, package) in packages.iter().enumerate() {
        progress(index + 2, package);
        build(workspace, package)?;
    }
    progress(all, "the book");
    let page = book::write(workspace, &workspace.root().join("target/book"))?;
    say(&format!(
        "Ready in {}: the crates, {} programs and the book ({}).\n\
         The workshop needs no network from now on. Next: cargo workshop rehearse, which runs \
         every program once.",
        seconds(start),
        packages.len(),
        page.display(),
    ));
    Ok(())
}

/// Downloads the crates that are missing.
pub fn fetch(workspace: &Workspace) -> Result<()> {
    let mut offline = cargo(workspace);
    offline.args(["fetch", "--locked", "--offline", "--quiet"]);
    // Its output is not shown: if it fails, the next command uses the network.
    let offline = offline.output().context("Cannot run cargo")?;
    if offline.status.success() {
        return Ok(());
    }
    let mut fetch = cargo(workspace);
    if !succeeds(fetch.args(["fetch", "--locked"]))? {
        bail!(
            "The crates cannot be downloaded; see the error of cargo above. Run cargo workshop \
             prepare again with a network: it continues from here. Without one, copy the \
             workshop from a USB stick that cargo workshop pack has filled. Behind a proxy, set \
             https_proxy for cargo"
        );
    }
    Ok(())
}

/// Builds a package as `cargo run` does, without a network.
pub fn build(workspace: &Workspace, package: &str) -> Result<()> {
    let mut build = cargo(workspace);
    if !succeeds(build.args(["build", "--locked", "--offline", "--package", package]))? {
        bail!(
            "{package} cannot be built; see the error of cargo above. Fix it, and run the same \
             command again: finished builds are kept. If crates are missing, run cargo workshop \
             prepare"
        );
    }
    Ok(())
}

fn succeeds(command: &mut Command) -> Result<bool> {
    Ok(command.status().context("Cannot run cargo")?.success())
}
