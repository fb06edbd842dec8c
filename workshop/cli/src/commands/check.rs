//! `cargo workshop check`: builds the learner's app, starts it, and judges its telemetry.

use std::io::{IsTerminal as _, Write as _, stdout};
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use check::{Registry, Report};
use clap::Args;
use notify_debouncer_full::new_debouncer;
use notify_debouncer_full::notify::RecursiveMode;
use tokio::runtime::Builder;

use crate::{cargo::cargo, say, workspace::Workspace};

pub(super) const DETAILS: &str = "\
Builds mine/, starts the app on free ports with stand-ins for the Collector and Application
Insights, visits it, stops it, and compares its telemetry with telemetry/. No data leaves
this machine. Exits with 0 when the app passes, with 1 when it does not, and with 2 when the
arguments are invalid.";

/// Check your app by its telemetry
#[derive(Args, Debug)]
pub struct Options {
    /// The step to compare with [default: detected from the telemetry]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=i64::from(check::LAST_STEP)))]
    step: Option<u8>,
    /// Check again after each change of mine/
    #[arg(long, conflicts_with_all = ["bin", "json"])]
    watch: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// A built program to check instead of mine/
    #[arg(long, value_name = "PATH")]
    bin: Option<PathBuf>,
    /// A folder with conventions to use instead of telemetry/
    #[arg(long, value_name = "DIR")]
    registry: Option<PathBuf>,
    /// An exercise whose own metrics are expected too
    #[arg(long, value_name = "NAME")]
    exercise: Option<String>,
}

/// Checks once, or after each change.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    stop_apps_at_signal()?;
    if options.watch {
        return watch(workspace, options);
    }
    let report = check_once(workspace, options)?;
    print(&report, options.json)?;
    if report.exit_status() != 0 {
        process::exit(report.exit_status().into());
    }
    Ok(())
}

fn check_once(workspace: &Workspace, options: &Options) -> Result<Report> {
    let program = match &options.bin {
        Some(path) => path.clone(),
        None => build(workspace)?,
    };
    let mut check = check::Options::new(program, options.step)?;
    if let Some(folder) = &options.registry {
        check.registry = Registry::load(folder)?;
    }
    if let Some(name) = &options.exercise {
        let exercise = learn::exercise(workspace.root(), name)?;
        if let Some(folder) = exercise.registry {
            check.registry.metrics.extend(Registry::load(&folder)?.metrics);
        }
    }
    check::check(&check)
}

fn print(report: &Report, json: bool) -> Result<()> {
    let mut stdout = stdout();
    if json {
        writeln!(stdout, "{}", serde_json::to_string_pretty(report)?)?;
    } else {
        write!(stdout, "{}", report.human(stdout.is_terminal()))?;
    }
    Ok(())
}

/// Builds `mine/`, and returns the path of its program. Cargo shows its own progress and errors.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    if !learn::exists(workspace.root()) {
        bail!("There is no mine/ yet: cargo workshop exercise 1 --start creates it");
    }
    let manifest = workspace.root().join("mine").join("Cargo.toml");
    let mut command = cargo(workspace);
    command.args(["build", "--quiet", "--message-format=json-render-diagnostics"]);
    command.arg("--manifest-path").arg(manifest);
    if std::env::var_os("CARGO_TARGET_DIR").is_none() {
        command.arg("--target-dir").arg(workspace.root().join("target"));
    }
    let output = command.stderr(Stdio::inherit()).output().context("Cannot run cargo")?;
    if !output.status.success() {
        bail!("mine/ does not compile. Fix the error that cargo printed above.");
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let mut executables = messages.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(PathBuf::from(message["executable"].as_str()?))
    });
    executables.next_back().context("mine/ builds no program; it needs a src/main.rs")
}

fn watch(workspace: &Workspace, options: &Options) -> Result<()> {
    let mine = workspace.root().join("mine");
    loop {
        let (sender, changes) = mpsc::channel();
        let mut watcher = new_debouncer(Duration::from_millis(200), None, sender)?;
        for (path, mode) in sources(&mine) {
            // The build reports a missing folder.
            let _ = watcher.watch(&path, mode);
        }
        match check_once(workspace, options) {
            Ok(report) => print(&report, false)?,
            Err(error) => say(&format!("{error:#}")),
        }
        say("\nWaiting for a change of mine/. Ctrl-C stops the check.");
        loop {
            let events = changes.recv().context("Cannot watch mine/")?.unwrap_or_default();
            if events.iter().any(|event| !event.kind.is_access()) {
                break;
            }
        }
    }
}

/// The build writes next to the manifest, so not all of `mine/` is watched.
fn sources(mine: &Path) -> [(PathBuf, RecursiveMode); 2] {
    [
        (mine.join("src"), RecursiveMode::Recursive),
        (mine.join("Cargo.toml"), RecursiveMode::NonRecursive),
    ]
}

/// The apps have process groups of their own, so Ctrl-C does not reach them.
fn stop_apps_at_signal() -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let stop = runtime.block_on(async { signals::stop() }).context("Cannot listen for Ctrl-C")?;
    thread::spawn(move || {
        runtime.block_on(stop);
        check::kill_all();
        process::exit(130);
    });
    Ok(())
}
