//! Compares the evidence of the runs with what a step should do.

mod app;
mod arrival;
mod attributes;
mod behavior;
mod logs;
mod metrics;
mod traces;

pub use metrics::complete;

use std::collections::BTreeSet;

use crate::{
    model::{Destination, Telemetry},
    registry::Registry,
    report::{Check, Finding, Level},
    run::{App, Runs},
};

/// The first step with traces.
pub const TRACES: u8 = 6;
/// The first step with logs.
const LOGS: u8 = 7;

/// Everything that a judgment needs.
pub struct Case<'a> {
    pub step: u8,
    pub registry: &'a Registry,
    pub app: &'a App,
    pub runs: &'a Runs,
}

impl Case<'_> {
    /// The checks of the step.
    pub fn judge(&self) -> Vec<Check> {
        let mut checks = app::start(self);
        let Some(others) = &self.runs.others else {
            return checks;
        };
        checks.extend(app::port(others));
        checks.push(app::answers(&self.runs.main.visits));
        if self.step == 1 {
            checks.push(app::pages(&self.runs.main.visits));
        }
        if self.step >= 5 {
            checks.push(app::latency(&self.runs.main.visits));
        }
        if let Some(destination) = Destination::of_step(self.step) {
            checks.push(arrival::arrives(self, destination));
            // Metrics at another destination can still be right.
            let destination = self.actual(destination);
            checks.extend(metrics::all(self, destination));
            checks.push(arrival::service_name(self, destination, others));
            checks.push(behavior::bounded_series(self, destination));
            checks.push(behavior::interval(self, destination, others));
            checks.push(behavior::flush(self, destination, others));
        }
        if self.step >= 3 {
            checks.push(behavior::back_end_down(others));
        }
        if self.step >= 4 {
            checks.push(behavior::connection_string(others));
            checks.push(behavior::aborted(self, others));
        }
        if let Some(traced) = others.traced.as_ref().filter(|_| self.step >= TRACES) {
            checks.extend(traces::all(self, others, traced));
            if self.step >= LOGS {
                checks.extend(logs::all(self, others, traced));
            }
        }
        if self.step >= 3 {
            checks.push(behavior::secrets(self, others));
        }
        checks.push(app::panics(&self.runs.main));
        checks.push(app::stops(&self.runs.main));
        say_once(&mut checks);
        checks
    }

    /// The destination where metrics arrive: the expected one, or else another.
    fn actual(&self, expected: Destination) -> Destination {
        let arrived = |other: &Destination| !self.telemetry(*other).metrics.is_empty();
        let all = [expected].into_iter().chain(Destination::ALL);
        all.into_iter().find(arrived).unwrap_or(expected)
    }

    fn telemetry(&self, destination: Destination) -> &Telemetry {
        self.runs.main.evidence.at(destination)
    }
}

/// The step whose telemetry the app sends.
pub fn detect(runs: &Runs) -> u8 {
    let evidence = &runs.main.evidence;
    let reached = |received: &crate::receivers::Received| {
        received.telemetry.exports > 0 || !received.refusals.is_empty()
    };
    let azure = &evidence.app_insights.telemetry;
    match () {
        () if !azure.logs.is_empty() => 7,
        () if !azure.spans.is_empty() => 6,
        () if reached(&evidence.app_insights) && runs.main.visits.wait_long() => 5,
        () if reached(&evidence.app_insights) => 4,
        () if reached(&evidence.collector) => 3,
        () if evidence.console.exports > 0 => 2,
        () => 1,
    }
}

/// Keeps only the first of equal informational findings, such as a defect that several metrics
/// share.
fn say_once(checks: &mut [Check]) {
    let mut said = BTreeSet::new();
    for finding in checks.iter_mut().map(|check| &mut check.findings) {
        finding.retain(|finding| {
            finding.level != Level::Information
                || said.insert((finding.id, finding.seen.clone(), finding.hint.clone()))
        });
    }
}

fn check(title: impl Into<String>) -> Check {
    Check { title: title.into(), skipped: None, findings: Vec::new() }
}

impl Check {
    fn skip(mut self, reason: &str) -> Self {
        self.skipped = Some(reason.to_string());
        self
    }

    fn find(
        &mut self,
        level: Level,
        id: &'static str,
        section: &'static str,
        [expected, seen, hint]: [String; 3],
    ) {
        self.findings.push(Finding { level, id, expected, seen, hint, section });
    }

    fn violation(&mut self, id: &'static str, section: &'static str, texts: [String; 3]) {
        self.find(Level::Violation, id, section, texts);
    }
}

/// The last line that is not blank, shortened.
fn last_line(text: &str) -> String {
    let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing");
    shorten(line)
}

fn shorten(line: &str) -> String {
    const LONGEST: usize = 240;
    let line = line.trim();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_string(),
    }
}
