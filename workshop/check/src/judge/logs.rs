//! Each event is logged, in the trace of its request.

use super::{attributes::Described, check, shorten, traces};
use crate::{
    judge::Case,
    model::{self, Log},
    registry::{Event, SpanKind},
    report::{Check, Level},
    run::{Others, Purpose, Traced},
    sections,
};

const NO_LOGS: &str = "no logs arrived";

/// The checks of the logs.
pub fn all(case: &Case, others: &Others, traced: &Traced) -> Vec<Check> {
    let events = case.registry.events.iter();
    let events: Vec<_> = events.filter(|it| it.workshop.steps.contains(&case.step)).collect();
    let mut checks: Vec<_> = events.iter().map(|event| present(event, traced)).collect();
    checks.push(in_trace(&events, traced));
    checks.push(filtered(&events, traced));
    checks.push(flush(case, &events, others));
    checks
}

fn logs(traced: &Traced) -> &[Log] {
    &traced.evidence.app_insights.telemetry.logs
}

/// Application Insights does not receive the name of an event, only its attributes.
fn is(log: &Log, event: &Event) -> bool {
    let mut required = event.attributes.iter().filter(|attribute| attribute.required);
    required.all(|attribute| log.attributes.contains_key(&attribute.key))
}

fn present(event: &Event, traced: &Traced) -> Check {
    let name = &event.name;
    let mut present = check(format!("The event {name} is logged"));
    let seen: Vec<_> = logs(traced).iter().filter(|log| is(log, event)).collect();
    let keys: Vec<_> = event.attributes.iter().map(|attribute| &*attribute.key).collect();
    if seen.is_empty() {
        let first = logs(traced).first();
        let seen = first.map_or(NO_LOGS.to_string(), |log| format!("only {}", shown(log)));
        let keys = keys.join(" and ");
        let texts = [
            format!("a log with the attribute {keys}"),
            seen,
            format!(
                "Log it with a macro of `tracing`: `info!(name: \"{name}\", {{ {keys} = ... }}, \
                 \"...\")`. The bridge has to be a layer of the subscriber, and its filter has to \
                 let the event pass."
            ),
        ];
        present.violation("required_event_not_present", sections::LOGS, texts);
        return present;
    }
    let described = Described {
        what: "log",
        section: sections::LOGS,
        expected: &event.attributes,
        seen: seen.into_iter().map(|log| &log.attributes).collect(),
        failed: Vec::new(),
    };
    described.judge(&mut present);
    described.report_unknown(&mut present);
    present
}

fn shown(log: &Log) -> String {
    shorten(&format!("\"{}\", with {}", log.message, model::shown(&log.attributes)))
}

/// Each log of an event belongs to a span in the trace of a request.
fn in_trace(events: &[&Event], traced: &Traced) -> Check {
    let mut in_trace = check("Each log has the trace ID and the span ID of its request");
    let spans = traces::spans(traced);
    let mut known = logs(traced).iter().filter(|log| events.iter().any(|event| is(log, event)));
    if known.clone().next().is_none() {
        return in_trace.skip(NO_LOGS);
    }
    if spans.is_empty() {
        return in_trace.skip("no spans arrived");
    }
    let has_place = |log: &&Log| {
        let request = |span: &&model::Span| span.kind == SpanKind::Server;
        spans.iter().any(|span| span.id == log.span)
            && spans.iter().filter(request).any(|span| span.trace == log.trace)
    };
    if let Some(log) = known.find(|log| !has_place(log)) {
        let place = if log.trace.is_empty() { "in no trace" } else { "in a trace of its own" };
        let hint = "The current span belongs to the running future: log inside the future that \
                    has the context, and pass the context to a new task with \
                    `with_current_context()`.";
        let texts = [
            "a log in the trace of its request".to_string(),
            format!("{place}: {}", shown(log)),
            hint.to_string(),
        ];
        in_trace.violation("log_outside_trace", sections::LOGS, texts);
    }
    in_trace
}

/// The app's own events are exported, and not those of the SDK.
fn filtered(events: &[&Event], traced: &Traced) -> Check {
    let mut filtered = check("The SDK does not log its own events");
    let refusals = &traced.evidence.app_insights.refusals;
    if logs(traced).is_empty() && refusals.is_empty() {
        return filtered.skip(NO_LOGS);
    }
    let strange = logs(traced).iter().filter(|log| !events.iter().any(|event| is(log, event)));
    let strange: Vec<_> = strange.collect();
    let verdicts = traced.sent.iter().filter(|sent| sent.purpose == Purpose::Verdict).count();
    // An app logs few events that belong to no request.
    let flood = strange.iter().filter(|log| log.trace.is_empty()).count() > verdicts;
    let refused = refusals.iter().find(|refusal| refusal.of_log());
    let unfiltered = match (refused, strange.first()) {
        // The SDK's own events have no message.
        (Some(refusal), _) => Some(format!("a log that is refused: {}", refusal.reason)),
        (None, Some(first)) if flood => {
            Some(format!("{} other logs, such as {}", strange.len(), shown(first)))
        }
        _ => None,
    };
    if let Some(seen) = unfiltered {
        let texts = [
            "the logs of the app".to_string(),
            seen,
            "Give the bridge a filter of targets, such as `Targets::new().with_target(...)`, that \
             lets only the events of your crate pass."
                .to_string(),
        ];
        filtered.violation("unfiltered_logs", sections::LOGS, texts);
    } else if let Some(first) = strange.first() {
        let texts = [
            "the events that the registry describes".to_string(),
            shown(first),
            "An event of your own is fine; the check just cannot say whether it is right."
                .to_string(),
        ];
        filtered.find(Level::Information, "missing_event", sections::LOGS, texts);
    }
    filtered
}

/// The logs since the last export are exported at Ctrl-C.
fn flush(case: &Case, events: &[&Event], others: &Others) -> Check {
    let mut flush = check("The last logs are exported at Ctrl-C or SIGTERM");
    // In this run, too, the app itself gives the verdicts.
    let usual = &case.runs.main.evidence.app_insights.telemetry.logs;
    let verdict = events.iter().find(|event| usual.iter().any(|log| is(log, event)));
    let Some(verdict) = verdict else { return flush.skip(NO_LOGS) };
    if cfg!(not(unix)) {
        return flush.skip("only Unix can send Ctrl-C to another program");
    }
    let made = others.flush.visits.verdicts;
    let arrived = &others.flush.evidence.app_insights.telemetry.logs;
    let arrived = arrived.iter().filter(|log| is(log, verdict)).count();
    if arrived < made {
        let texts = [
            format!("{made} logs {}, after {made} verdicts and Ctrl-C", verdict.name),
            format!("{arrived}, when the app had ended"),
            "Call `shutdown` on the logger provider after the server has ended.".to_string(),
        ];
        flush.violation("last_logs_lost", sections::STOP, texts);
    }
    flush
}
