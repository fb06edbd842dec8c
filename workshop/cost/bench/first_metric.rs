//! The wait of a newcomer: from a clone to the first printed metric.

use std::{fs, io, path::Path, time::Instant};

use anyhow::{Context, Result, ensure};
use cost::Row;
use harness::{Finished, Program};

use crate::BUILD_LIMIT;

pub const COLUMNS: [&str; 5] =
    ["s to the program", "s to the first metric", "MB downloaded", "packages", "MB on the disk"];
/// The packages of the article up to its first metric, in their newest versions.
const PYTHON: [&str; 4] =
    ["fastapi", "uvicorn", "opentelemetry-distro", "opentelemetry-instrumentation-fastapi"];

/// Step 02, from an empty `target` folder, with and without downloads, and the packages that the
/// article installs for the same result.
pub fn measure() -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let mut rows = vec![];
    let home = folder.path().join("cargo-home");
    // The second build finds the crates of the first one.
    for (name, offline) in [("cargo, with downloads", false), ("cargo, without downloads", true)] {
        let clone = folder.path().join(name);
        done(Program::new("git").args(["clone", "--quiet"]).arg(crate::root()).arg(&clone))?;
        rows.push(cargo(name, &clone, &home, offline)?);
    }
    rows.push(pip(&folder.path().join("venv"))?);
    Ok(rows)
}

fn cargo(name: &str, clone: &Path, home: &Path, offline: bool) -> Result<Row> {
    let target = clone.join("target");
    let command = || {
        Program::cargo()
            .current_dir(clone)
            .env("CARGO_HOME", home)
            .env("CARGO_TARGET_DIR", &target)
            .env("CARGO_NET_OFFLINE", offline.to_string())
            .keep_proxies()
    };
    let started = Instant::now();
    done(command().args(["build", "--locked", "-p", "step-02"]))?;
    let built = started.elapsed();
    let step = Program::step(target.join("debug/step-02")).start()?;
    step.get("/Ada/")?;
    step.wait_for_stdout(|text| text.contains("http.server.request.duration"))?;
    let shown = started.elapsed();
    step.stop()?;
    let tree = ["tree", "--locked", "--prefix=none", "--no-dedupe", "-e", "normal,build", "-p"];
    let tree = done(command().args(tree).arg("step-02"))?.stdout;
    let mut crates: Vec<_> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    crates.sort_unstable();
    crates.dedup();
    let downloaded = if offline { 0.0 } else { megabytes(&home.join("registry/cache"))? };
    let values = [built.as_secs_f64(), shown.as_secs_f64(), downloaded];
    #[expect(clippy::cast_precision_loss, reason = "far fewer crates")]
    let crates = crates.len() as f64;
    Ok(Row::new(name, values.into_iter().chain([crates, megabytes(&target)?])))
}

/// Python needs no build. Its first metric appears one interval after the start, as in Rust.
fn pip(venv: &Path) -> Result<Row> {
    let started = Instant::now();
    done(Program::new("python3").args(["-m", "venv"]).arg(venv).keep_proxies())?;
    let pip = venv.join("bin/pip");
    let install = Program::new(&pip).args(["install", "--quiet", "--no-cache-dir"]);
    done(install.arg("--disable-pip-version-check").args(PYTHON).keep_proxies())?;
    let installed = started.elapsed().as_secs_f64();
    let list = done(Program::new(&pip).args(["list", "--format=freeze"]))?.stdout;
    #[expect(clippy::cast_precision_loss, reason = "far fewer packages")]
    let packages = list.lines().count() as f64;
    let values = [Some(installed), None, None, Some(packages), Some(megabytes(venv)?)];
    Ok(Row { name: "pip, the article's packages".to_string(), values: values.to_vec() })
}

pub fn done(program: Program) -> Result<Finished> {
    let done = program.limit(BUILD_LIMIT).run().context("cannot run a command")?;
    ensure!(done.status.success(), "a command failed:\n{}", done.stderr);
    Ok(done)
}

#[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
pub fn megabytes(folder: &Path) -> io::Result<f64> {
    fn bytes(folder: &Path) -> io::Result<u64> {
        let mut sum = 0;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            sum += if kind.is_dir() { bytes(&entry.path())? } else { entry.metadata()?.len() };
        }
        Ok(sum)
    }
    Ok(bytes(folder)? as f64 / 1e6)
}
