//! Metrics arrive where they should, under the name of the service.

use harness::Error;

use super::{check, shorten};
use crate::{
    judge::Case,
    model::Destination,
    receivers::Refusal,
    report::{Check, Level},
    run::{Main, Others},
    sections,
};

/// Why the checks of the metrics are skipped if none arrive.
pub const NO_METRICS: &str = "no metrics arrived";

/// Metrics arrive at the destination.
pub fn arrives(case: &Case, destination: Destination) -> Check {
    let mut arrives = check(format!("Metrics arrive {}", destination.place()));
    let main = &case.runs.main;
    let telemetry = case.telemetry(destination);
    let refusals: &[Refusal] = match destination {
        Destination::Console => &[],
        Destination::Collector => &main.evidence.collector.refusals,
        Destination::AppInsights => &main.evidence.app_insights.refusals,
    };
    // The logs have checks of their own.
    if let Some(refusal) = refusals.iter().find(|refusal| !refusal.of_log()) {
        refused(&mut arrives, destination, refusal);
    } else if telemetry.metrics.is_empty() {
        nothing(&mut arrives, case, destination);
    }
    let described =
        |name: &&String| case.registry.metrics.iter().any(|metric| metric.name == **name);
    let own: Vec<_> = telemetry.metrics.keys().filter(|name| !described(name)).collect();
    if !own.is_empty() {
        let names: Vec<_> = own.into_iter().map(String::as_str).collect();
        arrives.find(
            Level::Information,
            "missing_metric",
            sections::code(case.step),
            [
                "the metrics that the registry describes".to_string(),
                destination.line("Name", &names.join(", ")),
                "A metric of your own is fine; the check just cannot say whether it is right."
                    .to_string(),
            ],
        );
    }
    arrives
}

fn refused(arrives: &mut Check, destination: Destination, refusal: &Refusal) {
    let (path, variable) = match destination {
        Destination::AppInsights => ("/v2.1/track", "IngestionEndpoint of the connection string"),
        _ => ("/v1/metrics", "variable OTEL_EXPORTER_OTLP_ENDPOINT"),
    };
    if refusal.status == 404 {
        let hint = format!(
            "Remove `with_endpoint`: the exporter reads the {variable} and appends {path} once. It \
             appends nothing to an endpoint that is set in code."
        );
        let seen = format!("POST {}, answered 404", refusal.path);
        arrives.violation("wrong_path", sections::nothing(3), [format!("POST {path}"), seen, hint]);
    } else {
        let seen = format!("{}: {}", refusal.status, refusal.reason);
        arrives.violation(
            "refused_export",
            sections::nothing(if destination == Destination::AppInsights { 4 } else { 3 }),
            [
                "an export that the back end accepts".to_string(),
                shorten(&seen),
                "Leave encoding and protocol to the exporter's defaults.".to_string(),
            ],
        );
    }
}

fn nothing(arrives: &mut Check, case: &Case, destination: Destination) {
    let expected = format!("metrics {}", destination.place());
    let actual = case.actual(destination);
    if actual != destination {
        let exporter = match destination {
            Destination::Console => "opentelemetry-stdout",
            Destination::Collector => "opentelemetry-otlp",
            Destination::AppInsights => "opentelemetry-application-insights",
        };
        let hint = format!("Replace the exporter: this step has that of `{exporter}`.");
        arrives.violation(
            "wrong_destination",
            sections::exporter(case.step),
            [expected, format!("metrics {}", actual.place()), hint],
        );
        return;
    }
    let hint = match destination {
        Destination::Console => {
            "Set the meter provider before the router is built, add the layer to the router, and \
             give the reader the exporter of `opentelemetry-stdout`."
        }
        Destination::Collector => {
            "Set the meter provider before the router is built, and leave the endpoint to \
             OTEL_EXPORTER_OTLP_ENDPOINT; an endpoint set in code wins over the variable."
        }
        Destination::AppInsights => {
            "Set the meter provider before the router is built, and make the exporter from \
             APPLICATIONINSIGHTS_CONNECTION_STRING."
        }
    };
    let seen = match complaint(&case.runs.main) {
        Some(line) => format!("no metrics; on stderr: {line}"),
        None => "no metrics, and no error on stderr".to_string(),
    };
    arrives.violation(
        "nothing_exported",
        sections::nothing(case.step),
        [expected, seen, hint.to_string()],
    );
}

/// The line of stderr that most likely names the problem.
fn complaint(main: &Main) -> Option<String> {
    let stderr = match &main.ended {
        Some(Ok(finished)) => &*finished.stderr,
        Some(Err(Error::Timeout { stderr, .. })) => stderr,
        _ => "",
    };
    let signs = ["panicked at", "error", "warn", "fail", "lost"];
    let says = |line: &&str| signs.iter().any(|sign| line.to_lowercase().contains(sign));
    stderr.lines().find(says).map(shorten)
}

/// The resource has the name of the service.
pub fn service_name(case: &Case, destination: Destination, others: &Others) -> Check {
    let mut named = check("The telemetry has the name of the service");
    let telemetry = case.telemetry(destination);
    if telemetry.metrics.is_empty() {
        return named.skip(NO_METRICS);
    }
    let expected = || "service.name, such as naughty-or-nice".to_string();
    match telemetry.resource.get("service.name") {
        Some(name) if !name.is_empty() && !name.starts_with("unknown_service") => {}
        other => {
            let seen = other.map_or("none", |name| name);
            named.violation(
                "missing_service_name",
                sections::code(2),
                [
                    expected(),
                    format!("service.name: {seen}"),
                    "Give the meter provider a resource `with_service_name`.".to_string(),
                ],
            );
            return named;
        }
    }
    let flushed = others.flush.evidence.at(destination).resource.get("service.name");
    if let Some(name) = flushed
        && *name != others.flush.service
    {
        named.find(
            Level::Improvement,
            "service_name_ignored",
            sections::code(2),
            [
                format!("service.name: {}, from OTEL_SERVICE_NAME", others.flush.service),
                format!("service.name: {name}"),
                "Read OTEL_SERVICE_NAME, so that an operator can name the service.".to_string(),
            ],
        );
    }
    named
}
