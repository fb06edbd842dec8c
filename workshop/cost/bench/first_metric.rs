//! The time that a newcomer waits, from a clone to the first printed metric.

use std::{fs, io, path::Path, time::Instant};

use anyhow::{Context, Result, ensure};
use cost::Row;
use harness::{Finished, Program};

use crate::BUILD_LIMIT;
use crate::pairs::{median, with_noise};

pub const COLUMNS: [&str; 7] = [
    "s to the program",
    "lowest",
    "highest",
    "s to the first metric",
    "MB downloaded",
    "packages",
    "MB on the disk",
];
/// The packages of the article up to its first metric, in their newest versions.
const PYTHON: [&str; 4] =
    ["fastapi", "uvicorn", "opentelemetry-distro", "opentelemetry-instrumentation-fastapi"];
/// The number of runs. The lowest and the highest result show the noise.
const RUNS: usize = 3;

/// One run. A value that a run does not measure is not shown.
struct Run {
    seconds: f64,
    seconds_to_metric: Option<f64>,
    downloaded: Option<f64>,
    packages: usize,
    disk: f64,
}

/// Step 02, from an empty `target` folder, with and without downloads, and the packages that the
/// article installs for the same result, in turn.
pub fn measure() -> Result<Vec<Row>> {
    let (mut online, mut offline, mut python) = (vec![], vec![], vec![]);
    for _ in 0..RUNS {
        let folder = tempfile::tempdir()?;
        let home = folder.path().join("cargo-home");
        online.push(cargo(&folder.path().join("online"), &home, false)?);
        // The build before has downloaded the crates of this one.
        offline.push(cargo(&folder.path().join("offline"), &home, true)?);
        python.push(pip(&folder.path().join("venv"))?);
    }
    Ok(vec![
        row("cargo, with downloads", &online),
        row("cargo, without downloads", &offline),
        row("pip, the article's packages", &python),
    ])
}

fn row(name: &str, runs: &[Run]) -> Row {
    let values = |value: fn(&Run) -> Option<f64>| runs.iter().filter_map(value).collect::<Vec<_>>();
    let optional = |values: Vec<f64>| (!values.is_empty()).then(|| median(&values));
    let seconds = with_noise(&values(|run| Some(run.seconds)));
    #[expect(clippy::cast_precision_loss, reason = "far fewer packages")]
    let packages = runs[0].packages as f64;
    let rest = [
        optional(values(|run| run.seconds_to_metric)),
        optional(values(|run| run.downloaded)),
        Some(packages),
        Some(runs[0].disk),
    ];
    Row { name: name.to_string(), values: seconds.map(Some).into_iter().chain(rest).collect() }
}

fn cargo(clone: &Path, home: &Path, offline: bool) -> Result<Run> {
    done(Program::new("git").args(["clone", "--quiet"]).arg(crate::root()).arg(clone))?;
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
    let seconds = started.elapsed().as_secs_f64();
    let step = Program::step(target.join("debug/step-02")).start()?;
    step.get("/Ada/")?;
    step.wait_for_stdout(|text| text.contains("http.server.request.duration"))?;
    let seconds_to_metric = Some(started.elapsed().as_secs_f64());
    step.stop()?;
    let tree = ["tree", "--locked", "--prefix=none", "--no-dedupe", "-e", "normal,build", "-p"];
    let tree = done(command().args(tree).arg("step-02"))?.stdout;
    let mut crates: Vec<_> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    crates.sort_unstable();
    crates.dedup();
    let downloaded = if offline { 0.0 } else { megabytes(&home.join("registry/cache"))? };
    Ok(Run {
        seconds,
        seconds_to_metric,
        downloaded: Some(downloaded),
        packages: crates.len(),
        disk: megabytes(&target)?,
    })
}

/// Python needs no build. Its first metric appears one interval after the start, as in Rust.
fn pip(venv: &Path) -> Result<Run> {
    let started = Instant::now();
    done(Program::new("python3").args(["-m", "venv"]).arg(venv).keep_proxies())?;
    let pip = venv.join("bin/pip");
    let install = Program::new(&pip).args(["install", "--quiet", "--no-cache-dir"]);
    done(install.arg("--disable-pip-version-check").args(PYTHON).keep_proxies())?;
    let seconds = started.elapsed().as_secs_f64();
    let list = done(Program::new(&pip).args(["list", "--format=freeze"]))?.stdout;
    Ok(Run {
        seconds,
        seconds_to_metric: None,
        downloaded: None,
        packages: list.lines().count(),
        disk: megabytes(venv)?,
    })
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
