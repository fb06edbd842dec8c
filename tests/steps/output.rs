//! The output of each step, as the book shows it.

use crate::experiments::portable;
use harness::{Answer, Backend, Running, http, text};
use serde_json::Value;
use tests::{
    Session, app_insights, assert_snapshot, azure, collector, envelopes, pointed_at, step,
};

/// An interval so long that only the last export happens.
const NEVER: &str = "3600000";

/// The four visits of the page on step 02, and the request of a browser for an icon.
fn visit(step: &Running) {
    for path in ["/Ada/", "/Ada/", "/Ada/", "/Ada/", "/favicon.ico"] {
        step.get(path).unwrap();
    }
}

#[test]
fn step_01_answers_and_prints_nothing() {
    let step = step(1).start().unwrap();
    let pages: Vec<_> = (0..3).map(|_| step.get("/Ada/").unwrap().text() + "\n").collect();
    assert_eq!(step.stop().unwrap().stdout, "");
    assert_snapshot(1, "page", &pages.concat());
}

#[test]
fn step_02_prints_the_http_metrics() {
    let step = step(2).env("OTEL_METRIC_EXPORT_INTERVAL", NEVER).start().unwrap();
    visit(&step);
    let finished = step.stop().unwrap();
    assert_eq!(finished.stdout.lines().filter(|line| *line == "Metrics").count(), 1);
    assert_snapshot(2, "console", &text::console(&finished.stdout));
}

#[test]
fn collector_prints_the_metrics_of_step_03() {
    let collector = collector().start().unwrap();
    let step = step(3)
        .env("OTEL_METRIC_EXPORT_INTERVAL", NEVER)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url(""))
        .start()
        .unwrap();
    visit(&step);
    assert!(step.stop().unwrap().status.success());
    let finished = collector.stop().unwrap();
    assert_snapshot(3, "collector", &text::collector(&finished.stdout));
}

/// The part of the Collector's output that begins with `signal`, for one visit to a step.
fn seen_by_the_collector(number: u8, signal: &str) -> String {
    let collector = collector().start().unwrap();
    let program = step(number).env_remove("APPLICATIONINSIGHTS_CONNECTION_STRING");
    let step = program.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url("")).start().unwrap();
    step.get("/Ada/").unwrap();
    assert!(step.stop().unwrap().status.success());
    let printed = text::collector(&collector.stop().unwrap().stdout);
    let mut parts = printed.split_inclusive("\n\n").filter(|part| part.starts_with(signal));
    let part = parts.next().unwrap_or_else(|| panic!("no {signal} in {printed}"));
    let browser = |line: &str| match line.split_once("user_agent.original: ") {
        Some((start, _)) => format!("{start}user_agent.original: Str(<browser>)\n"),
        None => format!("{line}\n"),
    };
    part.lines().map(browser).collect()
}

#[test]
fn collector_prints_the_spans_of_step_06() {
    assert_snapshot(6, "collector", seen_by_the_collector(6, "Traces\t").trim_end());
}

#[test]
fn collector_prints_the_log_records_of_step_07() {
    assert_snapshot(7, "collector", seen_by_the_collector(7, "Logs\t").trim_end());
}

#[test]
fn collector_answers_the_health_check() {
    assert_snapshot(3, "health", &stand_in_health());
}

/// The Collector stand-in's response, masked.
pub fn stand_in_health() -> String {
    let collector = collector().start().unwrap();
    let url = |stderr: &str| {
        let (whole, _) = stderr.rsplit_once('\n')?;
        Some(whole.lines().find_map(|line| line.strip_prefix("Health: "))?.to_string())
    };
    let stderr = collector.wait_for_stderr(|stderr| url(stderr).is_some()).unwrap();
    health(&url(&stderr).unwrap())
}

/// The body of a health check's response, with the start and the duration masked.
pub fn health(url: &str) -> String {
    let mut body = http::get(url).unwrap().text();
    for (field, mask) in [("upSince", "<time>"), ("uptime", "<duration>")] {
        let (before, value) = body.split_once(&format!("\"{field}\":\"")).unwrap();
        let (value, after) = value.split_once('"').unwrap();
        assert!(value.starts_with(|c: char| c.is_ascii_digit()), "{field}: {body}");
        body = format!("{before}\"{field}\":\"{mask}\"{after}");
    }
    body
}

/// The output of the stand-in for a step with visitors, with the latencies masked.
fn seen_by_app_insights(number: u8) -> String {
    let stand_in = app_insights().start().unwrap();
    let step = azure(step(number), stand_in.address());
    let step = step.env("OTEL_METRIC_EXPORT_INTERVAL", NEVER);
    let step = step.env("OTEL_BSP_SCHEDULE_DELAY", NEVER).env("OTEL_BLRP_SCHEDULE_DELAY", NEVER);
    let step = step.start().unwrap();
    visit(&step);
    assert!(step.stop().unwrap().status.success());
    let finished = stand_in.stop().unwrap();
    assert!(finished.status.success());
    assert!(!(finished.stdout.clone() + &finished.stderr).contains(tests::KEY));
    text::app_insights(&finished.stdout)
}

#[test]
fn step_04_reaches_application_insights() {
    assert_snapshot(4, "app-insights", &seen_by_app_insights(4));
}

#[test]
fn step_05_reaches_application_insights() {
    assert_snapshot(5, "app-insights", &seen_by_app_insights(5));
}

#[test]
fn step_06_reaches_application_insights() {
    assert_snapshot(6, "app-insights", &seen_by_app_insights(6));
}

/// The body of the export: an array of envelopes.
fn envelopes_of(number: u8) -> String {
    let hourly = |program: harness::Program| program.env("OTEL_METRIC_EXPORT_INTERVAL", NEVER);
    let session = Session::with(number, hourly, |_| Answer::Status(200)).unwrap();
    visit(&session.step);
    let Session { step, backend, .. } = session;
    step.stop().unwrap();
    let requests = backend.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].path, "/v2/track");
    assert_eq!(requests[0].encoding, "gzip");
    let mut envelopes = envelopes(&requests[0].body);
    envelopes
        .sort_by_key(|envelope| envelope["data"]["baseData"]["metrics"][0]["name"].to_string());
    for envelope in &mut envelopes {
        mask(&mut envelope["time"], "<time>");
        mask(&mut envelope["iKey"], "<instrumentation key>");
        let metric = &mut envelope["data"]["baseData"]["metrics"][0];
        if metric["name"] == "request-latency" {
            for measured in ["value", "min", "max"] {
                mask(&mut metric[measured], "<milliseconds>");
            }
        }
    }
    format!("{:#}", Value::from(envelopes))
}

#[test]
fn step_04_sends_envelopes() {
    assert_snapshot(4, "envelopes", &envelopes_of(4));
}

#[test]
fn step_05_sends_envelopes() {
    assert_snapshot(5, "envelopes", &envelopes_of(5));
}

/// The envelopes of one visit to a step that asks another process of the same step, without those
/// of metrics. The spans are in the order of the trace.
fn envelopes_of_a_visit(number: u8) -> String {
    let backend = Backend::start(|_| Answer::Status(200)).unwrap();
    let verdicts = pointed_at(number, &backend).env("OTEL_SERVICE_NAME", "verdicts");
    let verdicts = verdicts.start().unwrap();
    let app = pointed_at(number, &backend).env("VERDICT_URL", verdicts.url("")).start().unwrap();
    app.get("/Ada/").unwrap();
    app.stop().unwrap();
    let port = verdicts.address().port().to_string();
    verdicts.stop().unwrap();
    let all = backend.requests().into_iter().flat_map(|request| envelopes(&request.body));
    let mut left: Vec<_> = all.filter(|it| it["data"]["baseType"] != "MetricData").collect();
    let mut sorted = Vec::new();
    let mut parent = Value::Null;
    let mut ids = vec![left[0]["tags"]["ai.operation.id"].clone()];
    while let Some(next) =
        left.iter().position(|envelope| envelope["tags"]["ai.operation.parentId"] == parent)
    {
        let mut envelope = left.remove(next);
        mask(&mut envelope["time"], "<time>");
        mask(&mut envelope["iKey"], "<instrumentation key>");
        let data = &mut envelope["data"]["baseData"];
        parent = data["id"].clone();
        ids.push(parent.clone());
        mask(&mut data["duration"], "<duration>");
        if !data["properties"]["user_agent.original"].is_null() {
            mask(&mut data["properties"]["user_agent.original"], "<browser>");
        }
        sorted.push(envelope);
    }
    assert!(left.is_empty(), "{left:?} are in no order");
    let mut text = format!("{:#}", Value::from(sorted));
    for (number, id) in ids.iter().enumerate() {
        let mask = if number == 0 { "<trace>".to_string() } else { format!("<span {number}>") };
        text = text.replace(id.as_str().unwrap(), &mask);
    }
    text.replace(&port, "<port>")
}

#[test]
fn step_06_sends_envelopes() {
    assert_snapshot(6, "envelopes", &envelopes_of_a_visit(6));
}

/// The envelopes of step 07's log records, for a verdict and for a verdict that does not arrive.
fn envelopes_of_logs() -> String {
    let mut all = Vec::new();
    for elsewhere in ["", "http://127.0.0.1:9"] {
        let asking = |program: harness::Program| program.env("VERDICT_URL", elsewhere);
        let Session { step, backend, .. } =
            Session::with(7, asking, |_| Answer::Status(200)).unwrap();
        step.get("/Ada/").unwrap();
        step.stop().unwrap();
        let sent = backend.requests().into_iter().flat_map(|request| envelopes(&request.body));
        for mut envelope in sent.filter(|it| it["data"]["baseType"] == "MessageData") {
            mask(&mut envelope["time"], "<time>");
            mask(&mut envelope["iKey"], "<instrumentation key>");
            mask(&mut envelope["tags"]["ai.operation.id"], "<trace>");
            mask(&mut envelope["tags"]["ai.operation.parentId"], "<span>");
            all.push(envelope);
        }
    }
    portable(&format!("{:#}", Value::from(all)))
}

#[test]
fn step_07_sends_envelopes() {
    assert_snapshot(7, "envelopes", &envelopes_of_logs());
}

#[test]
fn step_07_reaches_application_insights() {
    assert_snapshot(7, "app-insights", &seen_by_app_insights(7));
}

/// Replaces a value, which must exist.
fn mask(value: &mut Value, mask: &str) {
    assert!(!value.is_null(), "there is no {mask}");
    *value = mask.into();
}
