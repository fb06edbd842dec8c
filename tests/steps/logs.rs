//! The log records of step 07, and what a new task does to a trace.

use std::io::Write as _;

use harness::{Answer, Program};
use opentelemetry::{
    Context,
    trace::{FutureExt, TraceContextExt, Tracer, TracerProvider},
};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::{
    logs::{InMemoryLogExporter, SdkLoggerProvider},
    metrics::SdkMeterProvider,
    trace::SdkTracerProvider,
};
use tests::{Log, Session, Span, assert_snapshot, logs, spans};
use tracing::{info, subscriber};
use tracing_subscriber::prelude::*;

const OK: Answer = Answer::Status(200);

fn by_otlp(program: Program) -> Program {
    program.env_remove("APPLICATIONINSIGHTS_CONNECTION_STRING")
}

fn asking_nobody(program: Program) -> Program {
    program.env("VERDICT_URL", "http://127.0.0.1:9")
}

/// The spans and log records of one visit, and all of stderr.
fn visit(set_up: impl FnOnce(Program) -> Program) -> (Vec<Span>, Vec<Log>, String) {
    let Session { step, backend, .. } = Session::with(7, set_up, |_| OK).unwrap();
    step.get("/Rumpelstiltskin/").unwrap();
    let finished = step.stop().unwrap();
    assert!(finished.status.success());
    let received = backend.requests();
    (spans(&received), logs(&received), finished.stderr)
}

/// Asserts that the only log record belongs to the only span of this kind.
fn assert_in_span(spans: &[Span], logs: &[Log], kind: &str) {
    let of_kind: Vec<_> = spans.iter().filter(|span| span.kind == kind).collect();
    let ([span], [log]) = (of_kind.as_slice(), logs) else { panic!("{spans:?} {logs:?}") };
    assert_eq!((&log.trace, &log.span), (&span.trace, &span.id));
}

#[test]
fn verdict_is_logged_in_its_span() {
    for set_up in [by_otlp as fn(Program) -> Program, |program| program] {
        let (spans, logs, _) = visit(set_up);
        assert_in_span(&spans, &logs, "INTERNAL");
        assert_eq!((logs[0].severity, logs[0].body.as_str()), (1, "a verdict was given"));
        assert!(
            ["naughty", "nice"].contains(&logs[0].attributes["verdict.value"].as_str()),
            "{logs:?}"
        );
    }
}

/// The appender sets only the time of observation. The Collector prints 1970 as the timestamp.
#[test]
fn records_have_no_timestamp() {
    let (exporter, _provider, _guard) = logger();
    info!("now");
    let logs = exporter.get_emitted_logs().unwrap();
    let record = &logs[0].record;
    assert!(record.timestamp().is_none() && record.observed_timestamp().is_some(), "{record:?}");
}

/// The log has the reason, which the span in Application Insights lacks.
#[test]
fn missing_verdict_is_logged_with_its_reason() {
    for set_up in [by_otlp as fn(Program) -> Program, |program| program] {
        let (spans, logs, _) = visit(|program| set_up(asking_nobody(program)));
        assert_in_span(&spans, &logs, "CLIENT");
        assert_eq!((logs[0].severity, logs[0].body.as_str()), (2, "no verdict came"));
        let reason = &logs[0].attributes["verdict.error.message"];
        assert!(reason.contains("onnection refused"), "{reason}");
    }
}

#[test]
fn logs_are_not_on_stderr_and_have_no_visitor_names() {
    let (_, logs, stderr) = visit(asking_nobody);
    assert_eq!(logs.len(), 1);
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(!format!("{logs:?}").contains("Rumpelstiltskin"), "{logs:?}");
}

/// All exports fail. The SDK's reports about them do not become log records.
#[test]
fn sdk_does_not_log_about_itself() {
    let often = |program: Program| {
        let names =
            ["OTEL_METRIC_EXPORT_INTERVAL", "OTEL_BSP_SCHEDULE_DELAY", "OTEL_BLRP_SCHEDULE_DELAY"];
        names.into_iter().fold(by_otlp(program), |program, name| program.env(name, "50"))
    };
    let refuse = |_| Answer::Status(400);
    let Session { step, backend, .. } = Session::with(7, often, refuse).unwrap();
    step.get("/Ada/").unwrap();
    for reporter in ["PeriodicReader", "BatchSpanProcessor", "BatchLogProcessor"] {
        let report = format!("{reporter}.ExportError");
        step.wait_for_stderr(|text| text.contains(&report)).unwrap();
    }
    step.get("/Ada/").unwrap();
    step.stop().unwrap();
    // These include the records that the back end rejected.
    let logs = logs(&backend.requests());
    assert_eq!(logs.len(), 2, "{logs:?}");
    assert!(logs.iter().all(|log| log.target == "step_07::verdict"), "{logs:?}");
}

/// The sampler only decides about spans. No back end has the trace that such a record names.
#[test]
fn logs_are_kept_when_the_trace_is_not_sampled() {
    let (spans, logs, _) = visit(|program| program.env("OTEL_TRACES_SAMPLER", "always_off"));
    assert!(spans.is_empty());
    assert!(logs.len() == 1 && !logs[0].trace.is_empty(), "{logs:?}");
}

/// The visitor disconnects during the second that the verdict takes.
#[test]
fn verdict_outlives_an_impatient_visitor() {
    let seed = (0..1000).find(|&seed| fastrand::Rng::with_seed(seed).u64(0..=3) == 1).unwrap();
    let slow = |program: Program| {
        program.env("SEED", seed.to_string()).env("OTEL_BLRP_SCHEDULE_DELAY", "50")
    };
    let Session { step, backend, .. } = Session::with(7, slow, |_| OK).unwrap();
    let mut client = step.connect().unwrap();
    client.write_all(b"GET /Ada/ HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    step.get("/favicon.ico").unwrap();
    drop(client);
    let logs = logs(&backend.wait_until(|requests| !logs(requests).is_empty()));
    step.stop().unwrap();
    let spans = spans(&backend.requests());
    let visit = spans.iter().find(|span| span.name == "GET /{name}/").unwrap();
    assert!(!visit.attributes.contains_key("http.response.status_code"), "{visit:?}");
    assert_eq!(logs[0].trace, visit.trace);
}

/// A logger that keeps its records in memory, for the events of this thread.
fn logger() -> (InMemoryLogExporter, SdkLoggerProvider, subscriber::DefaultGuard) {
    let exporter = InMemoryLogExporter::default();
    let provider = SdkLoggerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let bridge = OpenTelemetryTracingBridge::new(&provider);
    let guard = tracing_subscriber::registry().with(bridge).set_default();
    (exporter, provider, guard)
}

/// A new task starts outside the trace of the task that spawns it.
#[tokio::test]
async fn spawned_task_needs_the_context() {
    let (exporter, _provider, _guard) = logger();
    let tracer = SdkTracerProvider::builder().build().tracer("test");
    let span = Context::new().with_span(tracer.start("request"));
    let handler = async {
        info!("before an await");
        tokio::task::yield_now().await;
        info!("after an await");
        tokio::spawn(async { info!("in spawn(task)") }).await.unwrap();
        let with_context = async { info!("in spawn(task.with_current_context())") };
        tokio::spawn(with_context.with_current_context()).await.unwrap();
    };
    handler.with_context(span).await;
    let lines = exporter.get_emitted_logs().unwrap().into_iter().map(|log| {
        let body = format!("{:?}", log.record.body().unwrap());
        let body = body.split('"').nth(1).unwrap().to_string();
        let trace = if log.record.trace_context().is_some() { "of the request" } else { "none" };
        format!("{body:<39} trace: {trace}")
    });
    assert_snapshot(7, "spawn", &lines.collect::<Vec<_>>().join("\n"));
}

/// The reason for the filter in step 07.
#[test]
fn unfiltered_appender_logs_about_the_sdk() {
    let (exporter, _provider, _guard) = logger();
    drop(SdkMeterProvider::builder().build());
    let logs = exporter.get_emitted_logs().unwrap();
    let targets: Vec<_> = logs.iter().map(|log| log.record.target().unwrap().as_ref()).collect();
    assert!(targets.contains(&"opentelemetry_sdk"), "{targets:?}");
}
