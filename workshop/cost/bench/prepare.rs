//! The sizes of the preparation: the downloads, and the disk space.

use std::fs;

use anyhow::{Context, Result};
use cost::Row;
use harness::Program;

use crate::first_metric::{done, megabytes};

pub const COLUMNS: [&str; 3] = ["MB downloaded", "crates", "MB on the disk"];

/// `cargo workshop prepare` in a clone, with an empty Cargo home. Its time is not measured: most of
/// it is compilation, which depends on the machine. The sizes hardly do.
pub fn measure() -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let clone = folder.path().join("clone");
    let home = folder.path().join("cargo-home");
    done(Program::new("git").args(["clone", "--quiet"]).arg(crate::root()).arg(&clone))?;
    let prepare = Program::cargo().args(["workshop", "prepare"]).current_dir(&clone);
    let prepare = prepare.env("CARGO_HOME", &home).env("CARGO_TARGET_DIR", clone.join("target"));
    done(prepare.keep_proxies())?;

    // A folder for each registry, with an archive for each crate.
    let cache = home.join("registry/cache");
    let mut crates = 0;
    for registry in fs::read_dir(&cache)? {
        crates += fs::read_dir(registry?.path())?.count();
    }
    // Unlike a sum of lengths, this counts a file with two names once.
    let used = done(Program::new("du").args(["--summarize", "--block-size=1"]).arg(folder.path()))?;
    let used =
        used.stdout.split_whitespace().next().context("du printed nothing")?.parse::<f64>()?;
    #[expect(clippy::cast_precision_loss, reason = "far fewer crates")]
    let values = [megabytes(&cache)?, crates as f64, used / 1e6];
    Ok(vec![Row::new("cargo workshop prepare", values)])
}
