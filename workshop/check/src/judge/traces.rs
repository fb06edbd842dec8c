//! Each request has its spans, and they are in the trace of the caller.

use std::time::Duration;

use super::{attributes::Described, check};
use crate::{
    judge::Case,
    model::Span,
    registry::{self, SpanKind},
    report::Check,
    run::{Others, Purpose, Sent, Traced},
    sections,
};

const NO_SPANS: &str = "no spans arrived";
/// A span has to cover at least half of a wait that is this long.
const LONG: Duration = Duration::from_millis(900);

/// The checks of the traces.
pub fn all(case: &Case, others: &Others, traced: &Traced) -> Vec<Check> {
    let mut checks = Vec::new();
    let expected = case.registry.spans.iter();
    for expected in expected.filter(|it| it.workshop.steps.contains(&case.step)) {
        let mut one = One { traced, expected, check: check(title(expected)) };
        if spans(traced).is_empty() && expected.kind != SpanKind::Server {
            checks.push(one.check.skip(NO_SPANS));
            continue;
        }
        one.presence();
        one.parent_elsewhere();
        one.attributes();
        checks.push(one.check);
    }
    checks.push(bounded_names(case, traced));
    checks.push(flush(others, traced));
    checks
}

/// All spans of the run with traces.
pub fn spans(traced: &Traced) -> &[Span] {
    &traced.evidence.app_insights.telemetry.spans
}

fn title(expected: &registry::Span) -> String {
    let when = match expected.kind {
        SpanKind::Server => "each request, as a child of the caller's span",
        SpanKind::Client => "each call to the other process, which continues its trace",
        SpanKind::Internal => "each verdict",
    };
    format!("{} is recorded for {when}", what(expected))
}

/// The span, in a sentence.
fn what(expected: &registry::Span) -> String {
    match &expected.workshop.name {
        Some(name) => format!("The {} span {name}", expected.kind),
        None => format!("A {} span", expected.kind),
    }
}

fn is(span: &Span, expected: &registry::Span) -> bool {
    let name = &expected.workshop.name;
    span.kind == expected.kind && name.as_ref().is_none_or(|name| *name == span.name)
}

/// Whether a span is below another. An app may have spans of its own between the two.
fn descends(traced: &Traced, span: &Span, above: &Span) -> bool {
    let mut parent = &span.parent;
    // As many turns as there are spans, so that a cycle ends.
    for _ in spans(traced) {
        if *parent == above.id {
            return true;
        }
        match spans(traced).iter().find(|span| span.id == *parent) {
            Some(next) => parent = &next.parent,
            None => return false,
        }
    }
    false
}

/// The purposes of the requests that lead to such a span.
fn purposes(kind: SpanKind) -> &'static [Purpose] {
    match kind {
        SpanKind::Server => &[Purpose::Verdict, Purpose::Visit, Purpose::Failure],
        SpanKind::Client => &[Purpose::Visit, Purpose::Failure],
        SpanKind::Internal => &[Purpose::Verdict],
    }
}

/// A span that the registry describes.
struct One<'a> {
    traced: &'a Traced,
    expected: &'a registry::Span,
    check: Check,
}

impl<'a> One<'a> {
    fn violation(&mut self, id: &'static str, section: &'static str, texts: [String; 3]) {
        self.check.violation(id, section, texts);
    }

    /// All such spans.
    fn seen(&self) -> impl Iterator<Item = &'a Span> + use<'a> {
        let Self { traced, expected, .. } = *self;
        spans(traced).iter().filter(move |span| is(span, expected))
    }

    /// Such spans in the trace of one request.
    fn of(&self, sent: &Sent) -> impl Iterator<Item = &'a Span> + use<'a> {
        let trace = sent.trace.clone();
        self.seen().filter(move |span| span.trace == trace)
    }

    fn presence(&mut self) {
        let kind = self.expected.kind;
        let what = what(self.expected);
        if self.seen().next().is_none() {
            let names: Vec<_> = spans(self.traced).iter().map(|span| &*span.name).collect();
            let seen = names.first().map_or(NO_SPANS.to_string(), |name| format!("only {name}"));
            let texts = [what.to_lowercase(), seen, absent(self.expected)];
            self.violation("required_span_not_present", sections::TRACES, texts);
            return;
        }
        let relevant = |sent: &&Sent| purposes(kind).contains(&sent.purpose);
        for sent in self.traced.sent.iter().filter(relevant) {
            let server = spans(self.traced)
                .iter()
                .find(|span| span.kind == SpanKind::Server && span.trace == sent.trace);
            let found = match (kind, server) {
                (SpanKind::Server, _) => self.of(sent).find(|span| span.parent == sent.span),
                (_, Some(server)) => self.of(sent).find(|span| descends(self.traced, span, server)),
                // Without the server span, its children cannot be judged.
                (_, None) => continue,
            };
            let Some(span) = found else {
                self.wrong_parent(sent);
                return;
            };
            if sent.purpose == Purpose::Failure && kind == SpanKind::Client && !span.failed {
                let texts = [
                    "a client span with the status error, as the other process answered 503".into(),
                    "a client span without an error".to_string(),
                    "If there is no verdict, call `set_status(Status::error(...))` on the span."
                        .to_string(),
                ];
                self.violation("error_not_recorded", sections::ERRORS, texts);
            }
            if kind == SpanKind::Internal && sent.waited > LONG && span.duration * 2 < sent.waited {
                let texts = [
                    format!("about {:.1} s: the caller's wait", sent.waited.as_secs_f64()),
                    format!("{} took {:.3} s", span.name, span.duration.as_secs_f64()),
                    "Keep the span until the delay is over: move it into the context of the \
                     future, with `with_context`."
                        .to_string(),
                ];
                self.violation("implausible_duration", sections::TRACES, texts);
                return;
            }
        }
    }

    /// Reports that no span of this kind has the right parent in the trace of a request.
    fn wrong_parent(&mut self, sent: &Sent) {
        let what = what(self.expected).to_lowercase();
        let same_trace = self.of(sent).next().is_some();
        let (id, parent, hint) = match self.expected.kind {
            SpanKind::Server => (
                "remote_parent_ignored",
                "the span that the caller named in traceparent",
                "Set a `TraceContextPropagator` with `global::set_text_map_propagator`: without \
                 one, the layer does not read the header.",
            ),
            _ => (
                "wrong_parent",
                "the server span of its request",
                "Start the span in the task of the request, before any guard or new context. A \
                 future that gets a task of its own takes the context along with \
                 `with_current_context()`.",
            ),
        };
        let seen = match (same_trace, self.expected.kind) {
            (true, _) => "another parent in the same trace",
            (false, SpanKind::Server) => "a new trace",
            (false, _) => "none in the trace of the request",
        };
        let expected = format!("{what} whose parent is {parent}");
        let seen = format!("{seen}, for GET {}", sent.path);
        self.violation(id, sections::TRACES, [expected, seen, hint.to_string()]);
    }

    /// The other process gets the context of the client span.
    fn parent_elsewhere(&mut self) {
        if self.expected.kind != SpanKind::Client {
            return;
        }
        let expected = "a request with traceparent, which names the client span".to_string();
        let Some(first) = self.traced.asked.first() else {
            let texts = [
                "a request to the address in VERDICT_URL for each visit".to_string(),
                "none".to_string(),
                "Read VERDICT_URL, and GET /api/verdict there.".to_string(),
            ];
            self.violation("other_process_not_asked", sections::TRACES, texts);
            return;
        };
        let Some(_) = first else {
            let hint = "Pass the context of the span to `inject_context`, and set a propagator: \
                        the default one writes nothing.";
            let texts = [expected, "no traceparent".to_string(), hint.to_string()];
            self.violation("context_not_sent", sections::TRACES, texts);
            return;
        };
        let named = |header: &str| self.seen().any(|span| header.contains(&*span.id));
        let strange = self.traced.asked.iter().flatten().find(|header| !named(header)).cloned();
        if let Some(header) = strange
            && self.seen().next().is_some()
        {
            let seen = format!("traceparent: {header}, the ID of another span");
            let hint = "Inject the context that has the client span, not the current one.";
            self.violation(
                "wrong_context_sent",
                sections::TRACES,
                [expected, seen, hint.to_string()],
            );
        }
    }

    fn attributes(&mut self) {
        let failures = self.traced.sent.iter().filter(|sent| sent.purpose == Purpose::Failure);
        let described = Described {
            what: "span",
            section: sections::TRACES,
            expected: &self.expected.attributes,
            seen: self.seen().map(|span| &span.attributes).collect(),
            failed: failures.flat_map(|it| self.of(it)).map(|span| &span.attributes).collect(),
        };
        described.judge(&mut self.check);
        described.report_unknown(&mut self.check);
    }
}

fn absent(expected: &registry::Span) -> String {
    match expected.kind {
        SpanKind::Server => {
            "Set a tracer provider with the exporter as its batch exporter, before the router is \
             built, and add the layer of `opentelemetry-instrumentation-tower` to the router."
        }
        SpanKind::Client => {
            "Build the span of the call with `span_builder` and `with_kind(SpanKind::Client)`."
        }
        SpanKind::Internal => {
            "Start the span with `global::tracer(...).start(...)`, and run the future in it with \
             `with_context(Context::current_with_span(span))`."
        }
    }
    .to_string()
}

/// The name of a visitor does not become part of the name of a span.
fn bounded_names(case: &Case, traced: &Traced) -> Check {
    let mut bounded = check("The names of spans do not contain those of visitors");
    let main = &case.runs.main;
    let all = main.evidence.app_insights.telemetry.spans.iter().chain(spans(traced));
    let names: Vec<&str> = all.map(|span| &*span.name).collect();
    if names.is_empty() {
        return bounded.skip(NO_SPANS);
    }
    let paths = traced.sent.iter().filter(|sent| sent.purpose != Purpose::Verdict);
    let mut visitors = paths
        .map(|it| it.path.trim_matches('/'))
        .chain(main.visits.names.iter().map(String::as_str));
    let found = visitors.find_map(|visitor| names.iter().find(|name| name.contains(visitor)));
    if let Some(name) = found {
        let texts = [
            "few names of spans, such as GET /{name}/".to_string(),
            (*name).to_string(),
            "A back end groups spans by name: put what differs into an attribute.".to_string(),
        ];
        bounded.violation("unbounded_span_names", sections::TRACES, texts);
    }
    bounded
}

/// The spans since the last export are exported at Ctrl-C.
fn flush(others: &Others, traced: &Traced) -> Check {
    let mut flush = check("The last spans are exported at Ctrl-C or SIGTERM");
    if spans(traced).iter().all(|span| span.kind != SpanKind::Server) {
        return flush.skip(NO_SPANS);
    }
    if cfg!(not(unix)) {
        return flush.skip("only Unix can send Ctrl-C to another program");
    }
    let made = others.flush.visits.visits;
    let arrived = &others.flush.evidence.app_insights.telemetry.spans;
    let arrived = arrived.iter().filter(|span| span.kind == SpanKind::Server).count();
    if arrived < made {
        let texts = [
            format!("{made} server spans, after {made} visits and Ctrl-C"),
            format!("{arrived}, when the app had ended"),
            "Call `shutdown` on the tracer provider after the server has ended.".to_string(),
        ];
        flush.violation("last_spans_lost", sections::STOP, texts);
    }
    flush
}
