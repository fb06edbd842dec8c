//! Checks an app by its telemetry: `cargo run -p check -- --bin target/debug/step-03 3`.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
    process::{self, ExitCode},
    thread,
};

use anyhow::{Context as _, Result};
use check::{Options, Registry};
use clap::Parser;

/// Starts an app, visits it, and says what is right and wrong with its telemetry
#[derive(Parser)]
struct Arguments {
    /// The step to compare with, 1 to 5 (found out from the telemetry unless given)
    step: Option<u8>,
    /// The built program
    #[arg(long, value_name = "PATH")]
    bin: PathBuf,
    /// A folder with another registry than telemetry/
    #[arg(long, value_name = "FOLDER")]
    registry: Option<PathBuf>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run() {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<u8> {
    let arguments = Arguments::parse();
    kill_all_at_the_end()?;
    let mut options = Options::new(&arguments.bin, arguments.step)?;
    if let Some(folder) = &arguments.registry {
        options.registry = Registry::load(folder)?;
    }
    let report = check::check(&options)?;
    let mut stdout = io::stdout();
    if arguments.json {
        writeln!(stdout, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        write!(stdout, "{}", report.human(stdout.is_terminal()))?;
    }
    Ok(report.exit_status())
}

/// Ctrl-C and SIGTERM end the apps of the check, too.
fn kill_all_at_the_end() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stop = runtime.block_on(async { signals::stop() }).context("cannot wait for Ctrl-C")?;
    thread::spawn(move || {
        runtime.block_on(stop);
        check::kill_all();
        process::exit(130);
    });
    Ok(())
}
