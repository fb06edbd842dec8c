//! Checks an app by its telemetry.
//!
//! The check starts the app with two back ends of its own, visits it as a crowd would, stops it,
//! and compares what arrived with the registry in `telemetry/`. It never relies on what the app
//! prints about itself: the numbers of visits and the names of the visitors are random, and the
//! counts of the app have to match.
//!
//! A check goes through these files: [`run`](mod@run) runs the app, `visit` sends the requests,
//! `receivers` accepts what the app exports; `console`, `otlp` and `envelopes` convert it to the
//! form of `model`; `judge` compares it with the [`registry`], and [`report`] writes the result.

mod console;
mod envelopes;
mod judge;
mod model;
mod otlp;
mod receivers;
pub mod registry;
pub mod report;
mod run;
mod sections;
mod visit;

use std::path::PathBuf;

use anyhow::{Result, bail};

pub use registry::Registry;
pub use report::Report;
pub use run::kill_all;

use crate::model::Destination;

/// The last step that the check supports.
pub const LAST_STEP: u8 = 7;

/// What to check.
#[derive(Clone, Debug)]
pub struct Options {
    /// The built program.
    pub program: PathBuf,
    /// The step to compare with. Without a step, the check detects it from the telemetry.
    pub step: Option<u8>,
    /// Further environment variables for the program.
    pub env: Vec<(String, String)>,
    /// The description of the telemetry.
    pub registry: Registry,
}

impl Options {
    /// Checks a program with the registry of this repository.
    pub fn new(program: impl Into<PathBuf>, step: Option<u8>) -> Result<Self> {
        let registry = Registry::embedded()?;
        Ok(Self { program: program.into(), step, env: Vec::new(), registry })
    }
}

/// Checks a program. An error means that the check itself failed. The report has everything that is
/// wrong with the program.
pub fn check(options: &Options) -> Result<Report> {
    if let Some(step) = options.step
        && !(1..=LAST_STEP).contains(&step)
    {
        bail!("there is no step {step}; the steps are 1 to {LAST_STEP}");
    }
    let shown = options.program.display();
    if !options.program.is_file() {
        bail!("there is no program at {shown}; build it first, or give the path of another");
    }
    let app = run::App {
        program: options.program.clone(),
        env: options.env.clone(),
        key: secret(),
        password: secret(),
    };
    let registry = &options.registry;
    // Without a step, only the telemetry of the run shows whether there are traces.
    let traces = options.step.is_none_or(|step| step >= judge::TRACES);
    let runs = run::run(&app, traces, &|evidence, visits| {
        let steps = options.step.map_or(1..=LAST_STEP, |step| step..=step);
        steps.into_iter().any(|step| match Destination::of_step(step) {
            Some(destination) => {
                let telemetry = evidence.at(destination);
                telemetry.exports > 0 && judge::complete(registry, step, telemetry, visits)
            }
            // Step 01 exports nothing. Without STEP, telemetry may still arrive: wait for it.
            None => options.step.is_some(),
        })
    })?;
    let step = options.step.unwrap_or_else(|| judge::detect(&runs));
    let mut checks = judge::Case { step, registry, app: &app, runs: &runs }.judge();
    hide(&mut checks, &[&app.key, &app.password]);
    let requests = runs.main.visits.requests;
    Ok(Report::new(shown.to_string(), step, options.step.is_none(), requests, checks))
}

/// Replaces the secrets. No output may show them, not even output that quotes the app.
fn hide(checks: &mut [report::Check], secrets: &[&str]) {
    for finding in checks.iter_mut().flat_map(|check| &mut check.findings) {
        for secret in secrets {
            finding.seen = finding.seen.replace(secret, "<secret>");
        }
    }
}

/// A unique value in the form of an instrumentation key.
fn secret() -> String {
    let part = |length| (0..length).map(|_| fastrand::digit(16)).collect::<String>();
    [8, 4, 4, 4, 12].map(part).join("-")
}
