//! The program raises an alert and ends it, and tells everybody.

use std::{
    io::Write,
    net::TcpStream,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use app_insights::{
    alerts::Alerts,
    limits::Limits,
    metric::{Aggregate, Dimensions, Metric, Point, Series},
    rule::Rule,
    server::Server,
    store::Store,
    timing::Timing,
};

use crate::support::{
    PATH, PATIENCE, Program, envelope, request,
    site::{FORM, encode},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

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
#[ignore = "waits 6 s for an alert"]
fn an_alert_fires_and_is_resolved() {
    let program = Program::start_with(&["--grain", "1"]);
    let begin = Timestamp::now();
    program.track(&[latency(1512.0)]);
    let fired = program.err("alert slow fired");
    assert_eq!(fired, "alert slow fired: average request-latency 1512 ms > 1000 ms over 3 s");

    let alerts = alerts(&program, |alerts| alerts[0]["state"] == "resolved");
    let alert = &alerts[0];
    assert_eq!((&alert["value"], &alert["severity"]), (&json!(1512.0), &json!(2)));
    assert_eq!(alert["condition"], "average request-latency > 1000 ms (1 s) over 3 s");
    let (fired_at, resolved_at) = (time(&alert["fired_at"]), time(&alert["resolved_at"]));
    assert!(begin <= fired_at && fired_at < resolved_at, "{alert}");
    assert_eq!((fired_at.subsec_nanosecond(), resolved_at.subsec_nanosecond()), (0, 0));
    let resolved = program.err("alert slow resolved");
    assert_eq!(resolved, "alert slow resolved: average request-latency has no data over 3 s");

    let finished = program.running.stop().unwrap();
    assert!(finished.status.success());
    assert!(!finished.stdout.contains("alert"), "{}", finished.stdout);
}

/// On tokio's paused clock, which advances only while all tasks wait.
#[tokio::test(start_paused = true)]
async fn shutdown_is_bounded() {
    let now = Timestamp::now();
    let store = Arc::new(Store::new(1, Limits::default(), move || now));
    let series = Series { metric: Metric::named("m"), dimensions: Dimensions::default() };
    let time = now - SignedDuration::from_secs(2);
    let aggregate = Aggregate::new(1.0, 1, None, None);
    store.record(&[Point { series, cut: 0, time, aggregate }]);
    let timing = Timing::of_grain(1);
    let alerts = Arc::new(Alerts::new(timing));
    alerts.add(Rule { metric: Metric::named("m"), threshold: 0.0, ..Rule::slow(&timing) }).unwrap();
    let server = Server::bind(([127, 0, 0, 1], 0).into(), store).await.unwrap();
    let address = server.local_addr().to_string();
    let work = move || {
        let mut client = TcpStream::connect(&address).unwrap();
        let head = "POST /v2.1/track HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                    Content-Length: 9\r\n\r\n[";
        client.write_all(head.as_bytes()).unwrap();
        // By the time of this answer, the server knows the other client.
        request(&address, "GET", "/about", &[], b"");
        client
    };
    let (sender, stopped_at) = tokio::sync::oneshot::channel();
    let shutdown = async move {
        let held = tokio::task::spawn_blocking(work).await.unwrap();
        assert!(sender.send((tokio::time::Instant::now(), held)).is_ok());
    };
    let server = server.watching(alerts);
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
fn names_cannot_forge_a_line() {
    let program = Program::start_with(&["--grain", "1"]);
    let metric = "a\nalert b fired\u{1b}[2J";
    let form = encode(&[
        ("name", "evil"),
        ("metric", metric),
        ("aggregation", "maximum"),
        ("operator", ">"),
        ("threshold", "1"),
        ("unit", "\u{202e}"),
        ("window", "30"),
        ("frequency", "1"),
    ]);
    let added = program.post("/alerts/new", &[FORM], form.as_bytes());
    assert_eq!(added.status, 303, "{added:?}");
    let point = json!({"name": metric, "value": 2});
    program.track(&[envelope(Timestamp::now(), &point, &json!({}))]);
    assert_eq!(
        program.err("alert evil fired"),
        r#"alert evil fired: maximum "a\nalert b fired\u{1b}[2J" 2 \u{202e} > 1 \u{202e} over 30 s"#
    );
    assert!(!program.running.stderr().contains("\nalert b"));
}

#[test]
fn invalid_arguments_exit_with_2() {
    for (args, part) in [
        (["--grain", "0"], "0 is not in 1..=3600"),
        (["--listen", "nowhere"], "invalid socket address"),
    ] {
        let program = harness::Program::new(PATH);
        let refused = args.iter().fold(program, harness::Program::arg).run().unwrap();
        assert_eq!(refused.status.code(), Some(2), "{args:?}");
        assert!(refused.stderr.contains(part), "{args:?}: {}", refused.stderr);
        assert_eq!(refused.stdout, "");
    }
    let both = harness::Program::new(PATH).arg("--azure-timing").arg("--grain").arg("10");
    let refused = both.run().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(refused.stderr.contains("cannot be used with"), "{}", refused.stderr);
}
