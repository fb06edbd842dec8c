//! Each metric is as the registry describes it, and counts what happened.

use super::{arrival::NO_METRICS, attributes::Described, check};
use crate::{
    judge::Case,
    model::{Destination, Metric, Telemetry, Temporality},
    registry::{self, Counts, Instrument},
    report::{Check, Level},
    sections,
    visit::Tally,
};

/// Fewer values may be equal by chance.
const MANY: u64 = 20;
/// The shortest plausible average duration of a request, in seconds.
const SHORTEST: f64 = 0.2e-6;
/// If all bounds of the buckets are above this many seconds, the buckets do not suit durations.
const COARSE: f64 = 1.0;

/// One check for each metric of the step.
pub fn all(case: &Case, destination: Destination) -> Vec<Check> {
    let telemetry = case.telemetry(destination);
    let expected = case.registry.step(case.step);
    let checks = expected.filter_map(|expected| {
        let title = title(expected, destination);
        let Some(metric) = telemetry.metrics.get(&expected.name) else {
            if expected.workshop.optional {
                return None;
            }
            let absent = check(title);
            return Some(if telemetry.metrics.is_empty() {
                absent.skip(NO_METRICS)
            } else {
                not_present(absent, case, destination, expected)
            });
        };
        let mut one = One { case, destination, expected, metric, check: check(title) };
        one.instrument();
        one.unit();
        one.attributes();
        one.count();
        one.values();
        Some(one.check)
    });
    checks.collect()
}

/// Whether every metric of the step has counted all requests.
pub fn complete(
    registry: &registry::Registry,
    step: u8,
    telemetry: &Telemetry,
    visits: &Tally,
) -> bool {
    registry.step(step).all(|expected| match expected.workshop.counts {
        Some(counts) => telemetry
            .metrics
            .get(&expected.name)
            .is_some_and(|metric| equal(metric.events(), visits.count(counts))),
        None => true,
    })
}

#[expect(clippy::cast_precision_loss, reason = "a check sends a few hundred requests")]
fn equal(events: f64, expected: usize) -> bool {
    (events - expected as f64).abs() < 0.5
}

fn title(expected: &registry::Metric, destination: Destination) -> String {
    let instrument = expected.instrument;
    // Azure does not receive the unit.
    let unit = match (&*expected.unit, destination) {
        ("", _) | (_, Destination::AppInsights) => String::new(),
        (unit, _) => format!(", in {unit}"),
    };
    let counts = match expected.workshop.counts {
        Some(Counts::Requests) => " of all requests",
        Some(Counts::Visits) => " of the visits to /{name}/",
        Some(Counts::Verdicts) => " of the verdicts",
        None => "",
    };
    format!("{} is a {instrument}{counts}{unit}", expected.name).replace("a up-down", "an up-down")
}

fn not_present(
    mut absent: Check,
    case: &Case,
    destination: Destination,
    expected: &registry::Metric,
) -> Check {
    let name = &expected.name;
    let telemetry = case.telemetry(destination);
    let known =
        |found: &&String| case.registry.step(case.step).any(|metric| metric.name == **found);
    let similar = telemetry.metrics.keys().filter(|found| !known(found));
    let similar = similar.max_by_key(|found| likeness(found, name));
    let similar = similar.filter(|found| likeness(found, name) * 2 > name.len());
    let names: Vec<_> = telemetry.metrics.keys().map(String::as_str).collect();
    let (seen, hint) = match similar {
        Some(found) => (
            destination.line("Name", found),
            format!("Call the instrument {name}, letter by letter: charts and alerts refer to it."),
        ),
        None => (format!("only {}", names.join(", ")), absent_hint(expected)),
    };
    absent.violation(
        "required_metric_not_present",
        sections::code(case.step),
        [destination.line("Name", name), seen, hint],
    );
    absent
}

/// The number of letters that two names share at the beginning and at the end, regardless of case
/// and separators.
fn likeness(one: &str, other: &str) -> usize {
    let letters = |name: &str| -> Vec<char> {
        name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
    };
    let (one, other) = (letters(one), letters(other));
    let shared = |pairs: &mut dyn Iterator<Item = (&char, &char)>| {
        pairs.take_while(|(one, other)| one == other).count()
    };
    let start = shared(&mut one.iter().zip(&other));
    let end = shared(&mut one.iter().rev().zip(other.iter().rev()));
    (start + end).min(one.len())
}

fn absent_hint(expected: &registry::Metric) -> String {
    if expected.name.starts_with("http.server.") {
        return "Add the layer of `opentelemetry-instrumentation-tower` to the router, after all \
                routes."
            .to_string();
    }
    let (build, act) = match expected.instrument {
        Instrument::Counter => ("u64_counter", "add 1 to it"),
        Instrument::UpDownCounter => ("i64_up_down_counter", "add 1 and -1 to it"),
        Instrument::Gauge => ("f64_gauge", "record in it"),
        Instrument::Histogram => ("f64_histogram", "record the time in it"),
    };
    let event = match expected.workshop.counts {
        Some(Counts::Verdicts) => " for each verdict",
        Some(Counts::Visits) => " for each visit",
        Some(Counts::Requests) => " for each request",
        None => "",
    };
    let name = &expected.name;
    format!(
        "Build `{build}(\"{name}\")` and {act}{event}. Build it after the meter provider is set: \
         an instrument built earlier records nothing, and no error says so."
    )
}

/// A metric that arrived, with its description.
struct One<'a> {
    case: &'a Case<'a>,
    destination: Destination,
    expected: &'a registry::Metric,
    metric: &'a Metric,
    check: Check,
}

impl One<'_> {
    fn violation(&mut self, id: &'static str, section: &'static str, texts: [String; 3]) {
        self.check.violation(id, section, texts);
    }

    fn instrument(&mut self) {
        let expected = self.expected.instrument;
        let Some(seen) = self.metric.instrument.filter(|seen| *seen != expected) else { return };
        let line = |instrument: Instrument| self.destination.line("Type", &instrument.to_string());
        let texts = [
            line(expected),
            line(seen),
            format!("Build it as a {expected}, which says what can be read from it."),
        ];
        self.violation("unexpected_instrument", sections::code(self.case.step), texts);
    }

    fn unit(&mut self) {
        let expected = &self.expected.unit;
        let Some(seen) = self.metric.unit.as_ref().filter(|seen| *seen != expected) else { return };
        let hint = if expected.is_empty() {
            "Leave the unit out: this metric counts without one.".to_string()
        } else {
            format!(
                "Build the instrument `.with_unit(\"{expected}\")`, and record in this unit. If a \
                 library builds it, look for a view that changes the unit."
            )
        };
        let texts =
            [self.destination.line("Unit", expected), self.destination.line("Unit", seen), hint];
        self.violation("unit_mismatch", sections::UNIT, texts);
    }

    fn attributes(&mut self) {
        let described = Described {
            what: "series",
            section: sections::code(self.case.step),
            expected: &self.expected.attributes,
            seen: self.metric.series.keys().collect(),
            failed: Vec::new(),
        };
        described.judge(&mut self.check);
        for (key, example) in described.unknown() {
            // The SDK's own mark for the series that collects the excess.
            if key == "otel.metric.overflow" {
                continue;
            }
            let texts = [
                format!("no attributes but {}", described.keys().join(", ")),
                format!("{example}, which the registry does not have"),
                "Each attribute multiplies the series: keep it only if a chart will need it."
                    .to_string(),
            ];
            self.check.find(Level::Improvement, "missing_attribute", sections::SERIES, texts);
        }
    }

    fn count(&mut self) {
        let Some(counts) = self.expected.workshop.counts else { return };
        let visits = &self.case.runs.main.visits;
        let expected = visits.count(counts);
        let events = self.metric.events();
        if equal(events, expected) {
            return;
        }
        let what = match counts {
            Counts::Requests => "requests",
            Counts::Visits => "visits to /{name}/",
            Counts::Verdicts => "verdicts",
        };
        let texts = [
            format!("{expected}, as the check made {expected} {what}"),
            format!("{events} in all series together"),
            self.count_hint(events, expected, visits),
        ];
        self.violation("count_mismatch", sections::code(self.case.step), texts);
    }

    fn count_hint(&self, events: f64, expected: usize, visits: &Tally) -> String {
        let verdicts = expected != visits.verdicts && equal(events, visits.verdicts);
        let requests = expected != visits.requests && equal(events, visits.requests);
        let temporality = self.metric.temporality == Temporality::Delta;
        let hint = if expected > 0 && equal(events, 2 * expected) {
            "Count once: look for a second `add`, or for a layer that wraps the router twice."
        } else if verdicts {
            "Count the refused names as well: only the verdicts are counted now."
        } else if requests {
            "Count only /{name}/: `route_layer` wraps the routes above it, `layer` wraps all."
        } else if equal(events, 0) {
            "Add 1 for each request: the metric is there and never grows."
        } else if temporality {
            "Count each request once, and lose no export: with delta, a lost one is lost for good."
        } else {
            "Count each request once, when it happens: numbers that are made up do not match."
        };
        hint.to_string()
    }

    fn values(&mut self) {
        if self.metric.temporality == Temporality::Delta
            && self.destination != Destination::AppInsights
        {
            let texts = [
                self.destination.line("AggregationTemporality", "Cumulative"),
                self.destination.line("AggregationTemporality", "Delta"),
                "Leave the temporality at its default unless the back end needs delta.".to_string(),
            ];
            let level = Level::Improvement;
            self.check.find(level, "delta_temporality", sections::TEMPORALITY, texts);
        }
        if self.expected.instrument != Instrument::Histogram {
            return;
        }
        let all = self.metric.histogram();
        if let (Some(min), Some(max)) = (all.min, all.max)
            && all.count >= MANY
            && self.expected.workshop.counts.is_some()
            && (max - min).abs() <= f64::EPSILON * max.abs()
        {
            let value = all.max.unwrap_or_default();
            let texts = [
                "values that differ, as no two requests are alike".to_string(),
                format!("Min: {value}, Max: {value}, Count: {}", all.count),
                "Record what you measure, as a fraction: `as_secs_f64`, not `as_secs` or \
                 `as_millis`."
                    .to_string(),
            ];
            self.violation("constant_value", sections::HISTOGRAM, texts);
        } else {
            self.duration();
        }
        let bounds: Vec<f64> = all.bounds.iter().copied().filter(|bound| *bound > 0.0).collect();
        if self.expected.unit == "s" && !bounds.is_empty() && bounds.iter().all(|b| *b > COARSE) {
            let texts = [
                "buckets for seconds, such as 0.005, 0.01, 0.025".to_string(),
                format!("buckets up to {:?}", &bounds[..bounds.len().min(3)]),
                "Give the histogram `with_boundaries` for seconds: the SDK's own are for \
                 milliseconds."
                    .to_string(),
            ];
            self.violation("unsuitable_buckets", sections::HISTOGRAM, texts);
        }
    }

    /// A measured time lies between zero and the time that the visitors waited.
    #[expect(clippy::cast_precision_loss, reason = "a check sends a few hundred requests")]
    fn duration(&mut self) {
        let second = match &*self.expected.unit {
            "s" => 1.0,
            "ms" => 1e-3,
            _ => return,
        };
        let Some(counts) = self.expected.workshop.counts else { return };
        let all = self.metric.histogram();
        let seconds = all.sum * second;
        let waited = self.case.runs.main.visits.waited(counts).as_secs_f64();
        let too_long = seconds > waited;
        let too_short = all.count > 0 && seconds / (all.count as f64) < SHORTEST;
        // Most of a long wait is spent in the app, not on the way to it.
        let far_too_short = self.case.runs.main.visits.wait_long() && seconds * 4.0 < waited;
        if too_long || too_short || far_too_short {
            let unit = &self.expected.unit;
            let waited = waited / second;
            let expected = if too_long {
                format!("at most {waited:.3} {unit}: the visitors did not wait longer")
            } else if far_too_short {
                format!("about {waited:.3} {unit}: the time that the visitors waited")
            } else {
                format!("at least {:.4} {unit} a request", SHORTEST / second)
            };
            let texts = [
                expected,
                format!("Sum: {} {unit}, Count: {}", all.sum, all.count),
                format!("Record in {unit}, as the unit says: seconds are not milliseconds."),
            ];
            self.violation("implausible_duration", sections::UNIT, texts);
        }
    }
}
