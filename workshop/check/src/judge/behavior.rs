//! The behavior of the app, which a registry cannot describe.

use std::collections::BTreeSet;

use super::{arrival::NO_METRICS, check, last_line, shorten};
use crate::{
    judge::Case,
    model::{self, Destination, Metric},
    registry::Counts,
    report::{Check, Level},
    run::{Others, Refusal, both, complains},
    sections,
    visit::NAMES,
};

/// More series than any metric of the workshop needs.
const TOO_MANY: usize = 40;

/// New names create no new series.
pub fn bounded_series(case: &Case, destination: Destination) -> Check {
    let mut bounded = check(format!("{NAMES} new names make no new series"));
    let telemetry = case.telemetry(destination);
    if telemetry.metrics.is_empty() {
        return bounded.skip(NO_METRICS);
    }
    let names = &case.runs.main.visits.names;
    for metric in telemetry.metrics.values() {
        let culprit = metric.series.keys().find_map(|attributes| {
            attributes.iter().find(|(_, value)| names.iter().any(|name| value.text.contains(name)))
        });
        let count = metric.series.len() + metric.excess;
        let seen = match culprit {
            Some((key, value)) => format!("{count} series, one of them -> {key}: {}", value.text),
            None if count > TOO_MANY => format!("{count} series"),
            None => continue,
        };
        let hint = "Leave out attributes whose values strangers choose; for a path, take the route \
                    from `MatchedPath`.";
        bounded.violation(
            "unbounded_series",
            sections::SERIES,
            [format!("a few series of {}", metric.name), seen, hint.to_string()],
        );
    }
    bounded
}

/// The app honors the interval in the environment. For an invalid value, its error names the
/// variable.
pub fn interval(case: &Case, destination: Destination, others: &Others) -> Check {
    const NAME: &str = "OTEL_METRIC_EXPORT_INTERVAL";
    let mut interval = check(format!("{NAME} is honored, and refused if it is invalid"));
    let before = case.runs.main.before_stop[destination as usize];
    if before == 0 && !case.telemetry(destination).metrics.is_empty() {
        interval.violation(
            "interval_ignored",
            sections::INTERVAL,
            [
                format!("an export every 150 ms, because of {NAME}=150"),
                "no export until the app was stopped".to_string(),
                format!("Give the periodic reader the interval in {NAME}."),
            ],
        );
    }
    let hint = format!(
        "Parse {NAME} yourself and end with an error that names it: the SDK silently takes 60 s \
         for an invalid value, and exports without a pause at 0."
    );
    let id = "interval_not_refused";
    refusal(&mut interval, &others.interval, NAME, "5s", id, hint.clone());
    if interval.findings.is_empty() {
        refusal(&mut interval, &others.no_interval, NAME, "0", id, hint);
    }
    interval
}

/// For an invalid connection string, the app's error names the variable.
pub fn connection_string(others: &Others) -> Check {
    const NAME: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING";
    let mut connection = check("An invalid connection string is refused by name");
    let hint = format!(
        "Check the fields before the exporter sees them, and end with an error that names {NAME} \
         and not its value."
    );
    let value = "InstrumentationKey=...;IngestionEndpoint=nowhere";
    let id = "connection_string_not_refused";
    refusal(&mut connection, &others.connection, NAME, value, id, hint);
    connection
}

fn refusal(
    check: &mut Check,
    refusal: &Refusal,
    name: &str,
    value: &str,
    id: &'static str,
    hint: String,
) {
    let seen = match refusal {
        Refusal::Served { .. } => "the app serves".to_string(),
        Refusal::Neither { output } => {
            format!("the app neither serves nor ends: {}", last_line(output))
        }
        Refusal::Ended(finished) if finished.status.success() => {
            "the app ends with exit status 0".to_string()
        }
        Refusal::Ended(finished) if finished.stderr.contains("panicked at") => {
            let line = finished.stderr.lines().find(|line| line.contains("panicked at"));
            format!("a panic: {}", shorten(line.unwrap_or_default()))
        }
        Refusal::Ended(finished) if finished.stderr.contains(name) => return,
        Refusal::Ended(finished) => last_line(&finished.stderr),
    };
    let section =
        if id == "interval_not_refused" { sections::INTERVAL } else { sections::CONNECTION };
    let expected = format!("an error that names the variable, because of {name}={value}");
    check.violation(id, section, [expected, seen, hint]);
}

/// The metrics since the last export are exported at Ctrl-C.
pub fn flush(case: &Case, destination: Destination, others: &Others) -> Check {
    let flush = check("The last metrics are exported at Ctrl-C or SIGTERM");
    if case.telemetry(destination).metrics.is_empty() {
        return flush.skip(NO_METRICS);
    }
    if cfg!(not(unix)) {
        return flush.skip("only Unix can send Ctrl-C to another program");
    }
    let mut flush = flush;
    let mut judged = false;
    let arrived = &others.flush.evidence.at(destination).metrics;
    // Also metrics of other steps: a learner fixes the flush before the metrics.
    for expected in &case.registry.metrics {
        // What never arrives is reported with the metric.
        let in_main = case.telemetry(destination).metrics.contains_key(&expected.name);
        let Some(counts) = expected.workshop.counts.filter(|_| in_main) else { continue };
        judged = true;
        let made = others.flush.visits.count(counts);
        let counted = arrived.get(&expected.name).map_or(0.0, crate::model::Metric::events);
        #[expect(clippy::cast_precision_loss, reason = "a dozen")]
        let lost = counted + 0.5 < made as f64;
        if lost {
            flush.violation(
                "last_metrics_lost",
                sections::LOST,
                [
                    format!("{made} in {}, after {made} visits and Ctrl-C", expected.name),
                    format!("{counted}, when the app had ended"),
                    "Call `shutdown` on the meter provider after the server has ended, at Ctrl-C \
                     and at SIGTERM."
                        .to_string(),
                ],
            );
            break;
        }
    }
    if !judged {
        return flush.skip("no metric that counts visits arrived");
    }
    flush
}

/// The app keeps serving while no back end responds.
pub fn back_end_down(others: &Others) -> Check {
    let mut down = check("The app keeps serving while the back end is down");
    let run = &others.down;
    let hint = "Export on the reader's own thread, and treat a failed export as a message on \
                stderr, not as the end.";
    if run.ended || run.visits.surprise().is_some() || run.visits.requests == 0 {
        let seen = match run.visits.surprise() {
            Some(surprise) => format!("{} for GET {}", surprise.seen, surprise.path),
            None => format!("the app ended: {}", last_line(&run.output)),
        };
        down.violation(
            "not_serving_without_back_end",
            sections::DOWN,
            ["200 for each visit".to_string(), shorten(&seen), hint.to_string()],
        );
    } else if run.attempts == 0 {
        return down.skip("the app did not try to export");
    } else if !complains(&run.output) {
        let hint = "Install a subscriber of `tracing` that prints warnings and errors on stderr: \
                    the SDK reports its problems there and nowhere else. The exporter for \
                    Application Insights also needs `with_retry_notify`, because it retries for \
                    half a minute before it reports an error.";
        down.violation(
            "silent_export_failure",
            sections::nothing(3),
            [
                "a message on stderr about the failed export".to_string(),
                format!("{} attempts to export, and no message", run.attempts),
                hint.to_string(),
            ],
        );
    }
    down
}

/// Neither stdout nor stderr shows the key or the password.
pub fn secrets(case: &Case, others: &Others) -> Check {
    let mut secrets = check("No output has a secret");
    let main = match &case.runs.main.ended {
        Some(Ok(finished)) => both(finished),
        Some(Err(error)) => crate::run::output_of(error),
        None => String::new(),
    };
    let of = |refusal: &Refusal| match refusal {
        Refusal::Served { output } | Refusal::Neither { output } => output.clone(),
        Refusal::Ended(finished) => both(finished),
    };
    let outputs = [
        main,
        others.flush.output.clone(),
        of(&others.interval),
        of(&others.connection),
        others.down.output.clone(),
        others.abort.output.clone(),
        others.traced.as_ref().map(|traced| traced.output.clone()).unwrap_or_default(),
    ];
    let values = [
        ("the instrumentation key", "APPLICATIONINSIGHTS_CONNECTION_STRING", &case.app.key),
        ("the password", "OTEL_EXPORTER_OTLP_HEADERS", &case.app.password),
    ];
    for (what, variable, secret) in values {
        let mut lines = outputs.iter().flat_map(|output| output.lines());
        if let Some(line) = lines.find(|line| line.contains(secret.as_str())) {
            secrets.violation(
                "secret_printed",
                sections::SECRET,
                [
                    format!("output without {what} of {variable}"),
                    shorten(line),
                    "Name the variable in messages, never its value.".to_string(),
                ],
            );
        }
    }
    secrets
}

/// A request whose visitor disconnects is counted and timed.
pub fn aborted(case: &Case, others: &Others) -> Check {
    let mut aborted = check("A request whose visitor disconnects is counted");
    let run = &others.abort;
    let arrived = &run.evidence.app_insights.telemetry.metrics;
    let in_main = &case.telemetry(Destination::AppInsights).metrics;
    if in_main.is_empty() || run.sent == 0 {
        return aborted.skip(NO_METRICS);
    }
    let visits = case.registry.step(case.step);
    let visits = visits.filter(|expected| expected.workshop.counts == Some(Counts::Visits));
    let mut proven = false;
    for expected in visits {
        // What never arrives is reported with the metric.
        if !in_main.contains_key(&expected.name) {
            continue;
        }
        let none = Metric::new(expected.name.clone());
        let metric = arrived.get(&expected.name).unwrap_or(&none);
        let counted = metric.events();
        proven |= metric.series.keys().any(|attributes| attributes.contains_key("error.type"));
        #[expect(clippy::cast_precision_loss, reason = "a dozen")]
        let lost = counted + 0.5 < run.sent as f64;
        if lost {
            let series: Vec<_> = metric.series.keys().map(model::shown).collect();
            let series = match &*series {
                [] => String::new(),
                series => format!(", with {}", series.join("; ")),
            };
            aborted.violation(
                "aborted_request_not_counted",
                sections::ABORT,
                [
                    format!("{} in {}, one for each disconnected visitor", run.sent, expected.name),
                    format!("{counted}{series}"),
                    "Record in `Drop`: a request that is aborted never gets past the `.await`."
                        .to_string(),
                ],
            );
        }
    }
    let kinds: BTreeSet<_> = arrived
        .values()
        .flat_map(|metric| metric.series.keys())
        .filter_map(|attributes| attributes.get("error.type"))
        .map(|kind| &*kind.text)
        .collect();
    if let Some(kind) = kinds.iter().find(|kind| **kind != "aborted") {
        aborted.violation(
            "unexpected_error_type",
            sections::ABORT,
            [
                "`error.type` = `aborted` for a visitor who disconnects".to_string(),
                format!("`error.type` = `{kind}`"),
                "Use `panic` only if `std::thread::panicking()` is true in `drop`.".to_string(),
            ],
        );
    }
    if !proven && aborted.findings.is_empty() {
        aborted.find(
            Level::Information,
            "abort_not_provable",
            sections::ABORT,
            [
                "a request that ends before its answer".to_string(),
                "each handler was done before its visitor disconnected".to_string(),
                "Check again with the delay of step 05, which gives visitors time to disconnect."
                    .to_string(),
            ],
        );
    }
    aborted
}
