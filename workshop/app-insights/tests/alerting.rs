//! The program raises an alert and ends it, and tells everybody.

mod support;

use std::{
    io::Write,
    net::TcpStream,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use app_insights::{
    alerts::Alerts,
    condition,
    limits::Limits,
    metric::{Aggregate, Dimensions, Metric, Point, Series},
    server::Server,
    store::Store,
    timing::Timing,
    webhook::Webhook,
};
use harness::{Answer, Backend};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use support::{PATH, PATIENCE, Program, envelope, request};

/// Asks for the alerts until `condition` is met.
fn alerts(program: &Program, condition: impl Fn(&Value) -> bool) -> Value {
    let begin = Instant::now();
    loop {
        let alerts = program.get("/api/alerts").json()["alerts"].take();
        if condition(&alerts) {
            return alerts;
        }
        assert!(begin.elapsed() < PATIENCE, "{alerts}");
        thread::yield_now();
    }
}

fn latency(value: f64) -> Value {
    let point = json!({"name": "request-latency", "kind": "Aggregation", "value": value,
                       "count": 1, "min": value, "max": value});
    envelope(Timestamp::now(), &point, &json!({"value": "nice"}))
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn an_alert_fires_is_resolved_and_is_told() {
    let backend = Backend::start(|_| Answer::Status(204)).unwrap();
    let webhook = format!("http://{}/hook?code=s3cret", backend.address());
    let rule = "quick: avg request-latency > 500 ms over 5s every 1s severity 1";
    let program = Program::start_with(&["--grain", "1", "--rule", rule, "--webhook", &webhook]);
    let begin = Timestamp::now();
    program.track(&[latency(1512.0)]);
    let fired = program.err("alert quick fired");
    assert_eq!(fired, "alert quick fired: average request-latency 1512 ms > 500 ms over 5 s");

    let quick = |alerts: &Value| {
        let all = alerts.as_array().unwrap();
        all.iter().find(|alert| alert["rule"] == "quick").cloned().unwrap_or_default()
    };
    let alert = quick(&alerts(&program, |alerts| quick(alerts)["state"] == "resolved"));
    assert_eq!((&alert["value"], &alert["severity"]), (&json!(1512.0), &json!(1)));
    assert_eq!(alert["condition"], "average request-latency > 500 ms over 5 s");
    let (fired_at, resolved_at) = (time(&alert["fired_at"]), time(&alert["resolved_at"]));
    assert!(begin <= fired_at && fired_at < resolved_at, "{alert}");
    assert_eq!((fired_at.subsec_nanosecond(), resolved_at.subsec_nanosecond()), (0, 0));
    let resolved = program.err("alert quick resolved");
    assert_eq!(resolved, "alert quick resolved: average request-latency has no data over 5 s");

    // The workshop's own rule looked on, and fired too.
    program.err("alert slow fired: average request-latency 1512 ms > 1000 ms over 3 s");
    let requests = backend.wait_for(4);
    let told: Vec<Value> =
        requests.iter().map(|r| serde_json::from_slice(&r.body).unwrap()).collect();
    let of = |condition: &str| {
        let is = |told: &&Value| {
            let essentials = &told["data"]["essentials"];
            essentials["alertRule"] == "quick" && essentials["monitorCondition"] == condition
        };
        told.iter().find(is).unwrap_or_else(|| panic!("no {condition} in {told:?}"))
    };
    for (condition, value) in [("Fired", json!(1512.0)), ("Resolved", Value::Null)] {
        let told = of(condition);
        assert_eq!(told["schemaId"], "azureMonitorCommonAlertSchema");
        assert_eq!(told["data"]["essentials"]["severity"], "Sev1");
        assert_eq!(time(&told["data"]["essentials"]["firedDateTime"]), fired_at);
        let criterion = &told["data"]["alertContext"]["condition"];
        assert_eq!(criterion["windowSize"], "PT5S");
        assert_eq!(
            criterion["allOf"],
            json!([{"metricName": "request-latency",
                    "metricNamespace": "azure.applicationinsights", "operator": "GreaterThan",
                    "threshold": "500", "timeAggregation": "Average", "dimensions": [],
                    "metricValue": value}])
        );
    }
    assert_eq!(time(&of("Resolved")["data"]["essentials"]["resolvedDateTime"]), resolved_at);
    let window = &of("Fired")["data"]["alertContext"]["condition"];
    assert_eq!(time(&window["windowEndTime"]), fired_at);
    assert_eq!(requests[0].path, "/hook?code=s3cret");

    let finished = program.running.stop().unwrap();
    assert!(finished.status.success());
    assert!(!finished.stdout.contains("alert"), "{}", finished.stdout);
    assert!(!(finished.stdout + &finished.stderr).contains("s3cret"));
}

#[test]
fn a_webhook_that_fails_is_told_and_hinders_nobody() {
    for (answer, reason) in [
        (Answer::Status(500), "it answered 500"),
        (Answer::Redirect(307), "it answered 307"),
        (Answer::Never, "it did not answer within 5 s"),
    ] {
        let backend = Backend::start(move |_| answer).unwrap();
        let webhook = format!("http://user:s3cret@{}/s3cret?s3cret#s3cret", backend.address());
        let program = Program::start_with(&[
            "--grain",
            "1",
            "--rule",
            "slow: avg request-latency > 500 ms",
            "--webhook",
            &webhook,
        ]);
        program.track(&[latency(900.0)]);
        backend.wait_for(1);
        // Also while the webhook does not answer.
        assert_eq!(program.track(&[latency(1.0)]).status, 200);
        let line = program.err("webhook");
        let begin = format!("An alert could not be sent to the webhook at {}", backend.address());
        assert_eq!(line, format!("{begin}: {reason}"));
        let finished = program.running.stop().unwrap();
        assert!(finished.status.success());
        assert!(!finished.stderr.contains("s3cret"), "{}", finished.stderr);
        assert!(backend.requests().iter().all(|request| request.path != "/elsewhere"));
    }
}

#[test]
fn a_webhook_that_is_stuck_does_not_hold_up_the_end() {
    let backend = Backend::start(|_| Answer::Never).unwrap();
    let webhook = format!("http://{}", backend.address());
    let program = Program::start_with(&["--grain", "1", "--webhook", &webhook]);
    program.track(&[latency(2000.0)]);
    backend.wait_for(1);
    assert!(program.stop().success());
}

/// On tokio's own clock, which stands still while somebody works, and jumps ahead when all wait.
#[tokio::test(start_paused = true)]
async fn the_end_comes_in_three_seconds_though_everybody_is_stuck() {
    let backend = Backend::start(|_| Answer::Never).unwrap();
    let now = Timestamp::now();
    let store = Arc::new(Store::new(1, Limits::default(), move || now));
    let series = Series { metric: Metric::named("m"), dimensions: Dimensions::default() };
    let time = now - SignedDuration::from_secs(2);
    let aggregate = Aggregate::new(1.0, 1, None, None);
    store.record(&[Point { series, cut: 0, time, aggregate }]);
    let timing = Timing::of_grain(1);
    let alerts = Arc::new(Alerts::new(timing));
    alerts.add(condition::parse("r: total m > 0 over 5s", &timing).unwrap()).unwrap();
    let webhook: Webhook = format!("http://{}", backend.address()).parse().unwrap();
    let server = Server::bind(([127, 0, 0, 1], 0).into(), store).await.unwrap();
    let address = server.local_addr().to_string();
    let work = move || {
        let mut client = TcpStream::connect(&address).unwrap();
        let head = "POST /v2.1/track HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                    Content-Length: 9\r\n\r\n[";
        client.write_all(head.as_bytes()).unwrap();
        // By the time of this answer, the server knows the other client.
        request(&address, "GET", "/about", &[], b"");
        backend.wait_for(1);
        (client, backend)
    };
    let (told, stopped_at) = tokio::sync::oneshot::channel();
    let shutdown = async move {
        let held = tokio::task::spawn_blocking(work).await.unwrap();
        assert!(told.send((tokio::time::Instant::now(), held)).is_ok());
    };
    let server = server.watching(alerts).notifying(webhook);
    server.serve(Stuck, Stuck, shutdown).await.unwrap();
    let (stopped_at, _held) = stopped_at.await.unwrap();
    let took = stopped_at.elapsed();
    assert!(took <= Duration::from_millis(2900), "{took:?}");
}

/// A reader that never reads.
struct Stuck;

impl Write for Stuck {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        loop {
            std::thread::park();
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn nobody_forges_a_line() {
    let rule = "evil: max \"a\nalert b fired\u{1b}[2J\" > 1 \"\u{202e}\" over 30s every 1s";
    let program = Program::start_with(&["--grain", "1", "--rule", rule]);
    let point = json!({"name": "a\nalert b fired\u{1b}[2J", "value": 2});
    program.track(&[envelope(Timestamp::now(), &point, &json!({}))]);
    assert_eq!(
        program.err("alert evil fired"),
        r#"alert evil fired: maximum "a\nalert b fired\u{1b}[2J" 2 \u{202e} > 1 \u{202e} over 30 s"#
    );
    assert!(!program.running.stderr().contains("\nalert b"));
}

#[test]
fn a_mistake_in_a_rule_or_a_webhook_ends_the_program_with_2() {
    let run = |args: &[&str]| {
        let program = harness::Program::new(PATH);
        args.iter().fold(program, harness::Program::arg).run().unwrap()
    };
    for (args, part) in [
        (&["--rule", "a: avg m >> 5"][..], "\n  a: avg m >> 5\n           ^^\n"),
        (&["--rule", "a: avg m > 5 over 15s"], "multiple of the time grain, 10 s"),
        (&["--rule", "a: avg m > 5", "--rule", "a: avg m > 6"], "There is a rule a already"),
        (&["--azure-timing", "--grain", "10"], "cannot be used with"),
        (&["--webhook", "https://s3cret.example/s3cret"], "no TLS"),
        (&["--webhook", "s3cret"], "http://127.0.0.1:9000/alerts"),
        (&["--webhook", "http:///s3cret"], "http://127.0.0.1:9000/alerts"),
        (&["--webhook", "http://127.0.0.1:99999/s3cret"], "from 1 to 65535"),
        (
            &["--webhook", "http://s3cret:s3cret@127.0.0.1:abc/s3cret"],
            "http://127.0.0.1:9000/alerts",
        ),
        (&["--webhook", "http://[::1]:/s3cret"], "from 1 to 65535"),
        (&["--webhook", "http://127.0.0.1:0/s3cret"], "from 1 to 65535"),
    ] {
        let refused = run(args);
        assert_eq!(refused.status.code(), Some(2), "{args:?}");
        assert!(refused.stderr.contains(part), "{args:?}: {}", refused.stderr);
        assert!(!refused.stderr.contains("s3cret"), "{}", refused.stderr);
        assert_eq!(refused.stdout, "");
    }
}
