//! Runs every program once as a class will, without a network.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow, bail};
use harness::{KillSwitch, Program, Running};

use crate::cargo::STAND_INS;
use crate::workspace::{Step, Telemetry, Workspace};
use crate::{say, seconds};

/// In milliseconds. Shorter than the default, which gives a class time to read the metrics.
const EXPORT_INTERVAL: &str = "200";
/// The key in the connection string of the stand-in.
const KEY: &str = "00000000-0000-0000-0000-000000000000";

/// The packages of all programs.
pub fn packages(workspace: &Workspace) -> Result<Vec<String>> {
    let steps = workspace.steps()?.into_iter().map(|step| step.package);
    Ok(STAND_INS.map(str::to_owned).into_iter().chain(steps).collect())
}

/// Runs the stand-ins and, one after the other, the steps. Prints a line for each on stdout.
pub fn run(workspace: &Workspace, kill_switch: &KillSwitch) -> Result<()> {
    let start = Instant::now();
    let mut rehearsal = Rehearsal { workspace, kill_switch, failed: Vec::new() };
    let steps = workspace.steps()?;
    let count = steps.len() + STAND_INS.len();
    rehearsal.run(&steps)?;
    if let Some(first) = rehearsal.failed.first() {
        bail!(
            "{} of {count} programs failed. Run cargo workshop doctor, then cargo run --offline \
             -p {first}, and read their output",
            rehearsal.failed.len(),
        );
    }
    say(&format!("All {count} programs work without a network, in {}.", seconds(start)));
    Ok(())
}

struct Rehearsal<'a> {
    workspace: &'a Workspace,
    kill_switch: &'a KillSwitch,
    /// The packages that failed.
    failed: Vec<String>,
}

/// A stand-in that runs, or that failed to start.
struct StandIn {
    name: &'static str,
    running: Option<Running>,
}

impl Rehearsal<'_> {
    fn run(&mut self, steps: &[Step]) -> Result<()> {
        let [collector, app_insights] = STAND_INS;
        let any_port = ["--listen", "127.0.0.1:0", "--health", "127.0.0.1:0"];
        let collector = self.open(collector, &any_port)?;
        let app_insights = self.open(app_insights, &any_port[..2])?;
        for step in steps {
            let start = Instant::now();
            let result = self.rehearse(step, &collector, &app_insights);
            self.report(&step.package, start, result)?;
        }
        for StandIn { name, running } in [collector, app_insights] {
            if let Some(running) = running {
                let start = Instant::now();
                let result = stop(running).map(|end| format!("received telemetry, {end}"));
                self.report(name, start, result)?;
            }
        }
        Ok(())
    }

    /// Starts a stand-in. The steps run without it, too.
    fn open(&mut self, name: &'static str, arguments: &[&str]) -> Result<StandIn> {
        let start = Instant::now();
        let running = match self.start(self.program(name).args(arguments)) {
            Ok(running) => Some(running),
            Err(error) => {
                self.report(name, start, Err(error))?;
                None
            }
        };
        Ok(StandIn { name, running })
    }

    /// Runs a step, and describes its results.
    fn rehearse(&self, step: &Step, collector: &StandIn, app_insights: &StandIn) -> Result<String> {
        let before = (collector.printed(), app_insights.printed());
        // A step ignores the variables that it does not read.
        let program = self
            .program(&step.package)
            .env("PORT", "0")
            .env("OTEL_METRIC_EXPORT_INTERVAL", EXPORT_INTERVAL)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", collector.address()))
            .env(
                "APPLICATIONINSIGHTS_CONNECTION_STRING",
                format!(
                    "InstrumentationKey={KEY};IngestionEndpoint=http://{}/",
                    app_insights.address()
                ),
            );
        let running = self.start(program)?;
        let reply = running.get("/Ada/").context("it does not answer a request")?;
        if reply.status != 200 {
            bail!("it answers a request with status {}", reply.status);
        }
        let metrics = match step.telemetry {
            Telemetry::None => "",
            Telemetry::Console => {
                let printed = running.wait_for_stdout_after(0);
                printed.map_err(last_line).context("no metrics are on its stdout")?;
                "metrics on stdout, "
            }
            Telemetry::Collector => {
                collector.receives_after(before.0)?;
                "metrics at the Collector stand-in, "
            }
            Telemetry::AppInsights => {
                app_insights.receives_after(before.1)?;
                "metrics at the Application Insights stand-in, "
            }
        };
        Ok(format!("a page, {metrics}{}", stop(running)?))
    }

    /// A package, run as the book does.
    fn program(&self, package: &str) -> Program {
        Program::cargo()
            .current_dir(self.workspace.root())
            .args(["run", "--quiet", "--locked", "--offline", "--package", package, "--"])
            .env("CARGO_NET_OFFLINE", "true")
    }

    fn start(&self, program: Program) -> Result<Running> {
        let running = program.own_group().killed_by(self.kill_switch).start();
        running.map_err(last_line).context("it does not start")
    }

    /// Prints the result of a program.
    fn report(&mut self, name: &str, start: Instant, result: Result<String>) -> Result<()> {
        if self.kill_switch.was_used() {
            bail!("Interrupted");
        }
        let line = match result {
            Ok(result) => format!("✓ {name:<12}  {result} ({})", seconds(start)),
            Err(error) => {
                self.failed.push(name.to_owned());
                format!("✗ {name:<12}  {error:#}")
            }
        };
        // Unlike println!, this does not panic when stdout is closed.
        writeln!(io::stdout(), "{line}").context("Cannot print the result")
    }
}

impl StandIn {
    /// The address, or an address without a listener.
    fn address(&self) -> SocketAddr {
        let unused = SocketAddr::from(([127, 0, 0, 1], 9));
        self.running.as_ref().map_or(unused, Running::address)
    }

    fn printed(&self) -> u64 {
        self.running.as_ref().map_or(0, Running::stdout_len)
    }

    /// Waits until the stand-in has printed more than `printed` bytes, as it does for telemetry.
    fn receives_after(&self, printed: u64) -> Result<()> {
        let name = self.name;
        let running = self.running.as_ref();
        let running = running.with_context(|| format!("{name} does not run"))?;
        let received = running.wait_for_stdout_after(printed);
        received.map_err(last_line).with_context(|| format!("no telemetry arrives at {name}"))
    }
}

/// Stops a program with SIGTERM. Windows has no such signal for a program without a window.
fn stop(running: Running) -> Result<&'static str> {
    let finished = running.stop().map_err(last_line).context("it does not stop")?;
    if !cfg!(unix) {
        return Ok("ended");
    }
    if !finished.status.success() {
        let error = last_line(harness::Error::Ended(Box::new(finished)));
        return Err(error.context("it does not stop without an error"));
    }
    Ok("stopped by SIGTERM")
}

/// The last line on stderr, which usually is the error.
fn last_line(error: harness::Error) -> anyhow::Error {
    use harness::Error::{Ended, Missing, Timeout};
    let stderr = match &error {
        Ended(finished) => &finished.stderr,
        Missing { stderr, .. } | Timeout { stderr, .. } => stderr,
        _ => return error.into(),
    };
    let last = stderr.lines().rfind(|line| !line.trim().is_empty());
    anyhow!("{}", last.unwrap_or("it prints no error"))
}
