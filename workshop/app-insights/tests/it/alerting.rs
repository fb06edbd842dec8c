//! The program fires and resolves an alert, and stops in bounded time.

use std::{io::Write, net::TcpStream, sync::Arc, time::Duration};

use app_insights::{
    alerts::{Alerts, Timing},
    server::Server,
    store::{Limits, Store},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::{Program, envelope, json_of, send};

fn latency(value: f64) -> Value {
    let point = json!({"name": "request-latency", "kind": "Aggregation", "value": value,
                       "count": 1, "min": value, "max": value});
    envelope(Timestamp::now(), &point, &json!({"value": "nice"}))
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
#[ignore = "waits 6 s for an alert to be resolved"]
fn an_alert_fires_and_is_resolved() {
    let program = Program::start_with(&["--grain", "1"]);
    let begin = Timestamp::now();
    program.track(&[latency(1512.0)]);
    program.make_rule(&[
        ("name", "too-slow"),
        ("metric", "request-latency"),
        ("threshold", "1000"),
        ("unit", "ms"),
    ]);
    let fired = program.err("alert too-slow fired");
    assert_eq!(fired, "alert too-slow fired: average request-latency 1512 ms > 1000 ms over 3 s");
    let resolved = program.err("alert too-slow resolved");
    assert_eq!(resolved, "alert too-slow resolved: average request-latency has no data over 3 s");

    let alert = json_of(&program.get("/api/alerts"))["alerts"][0].take();
    assert_eq!((&alert["value"], &alert["severity"]), (&json!(1512.0), &json!(2)));
    assert_eq!(alert["condition"], "average request-latency > 1000 ms (1 s) over 3 s");
    let (fired_at, resolved_at) = (time(&alert["fired_at"]), time(&alert["resolved_at"]));
    assert!(begin <= fired_at && fired_at < resolved_at, "{alert}");
    assert_eq!((fired_at.subsec_nanosecond(), resolved_at.subsec_nanosecond()), (0, 0));

    let finished = program.running.stop().unwrap();
    assert!(finished.status.success());
    assert!(!finished.stdout.contains("alert"), "{}", finished.stdout);
}

#[test]
fn a_rule_from_the_form_is_evaluated_and_its_alert_is_escaped() {
    let program = Program::start_with(&["--grain", "1"]);
    let metric = "a\nalert b fired\u{1b}[2J";
    program.track(&[envelope(Timestamp::now(), &json!({"name": metric, "value": 2}), &json!({}))]);
    let rule = [
        ("name", "evil"),
        ("metric", metric),
        ("aggregation", "maximum"),
        ("operator", ">"),
        ("threshold", "1"),
        ("unit", "\u{202e}"),
        ("window", "30"),
        ("frequency", "1"),
    ];
    program.make_rule(&rule);
    assert_eq!(
        program.err("alert evil fired"),
        r#"alert evil fired: maximum "a\nalert b fired\u{1b}[2J" 2 \u{202e} > 1 \u{202e} over 30 s"#
    );
    assert!(!program.running.stderr().contains("\nalert b"));
}

/// Uses tokio's paused clock, which stops during work and advances when all tasks wait.
#[tokio::test(start_paused = true)]
async fn shutdown_is_bounded() {
    let store = Arc::new(Store::new(1, Limits::default(), Timestamp::now));
    let alerts = Arc::new(Alerts::new(Timing::default()));
    let server = Server::bind(([127, 0, 0, 1], 0).into(), store, alerts).await.unwrap();
    let address = server.local_addr();
    let work = move || {
        let mut client = TcpStream::connect(address).unwrap();
        let head = "POST /v2.1/track HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                    Content-Length: 9\r\n\r\n[";
        client.write_all(head.as_bytes()).unwrap();
        // After this response, the server has accepted the first client. The refused request prints
        // a line, but the reader is stuck.
        send(address, "POST", "/v2.1/track", &[], b"");
        client
    };
    let (sender, stopped_at) = tokio::sync::oneshot::channel();
    let shutdown = async move {
        let held = tokio::task::spawn_blocking(work).await.unwrap();
        assert!(sender.send((tokio::time::Instant::now(), held)).is_ok());
    };
    server.serve(Stuck, Stuck, shutdown).await.unwrap();
    let (stopped_at, _held) = stopped_at.await.unwrap();
    let took = stopped_at.elapsed();
    assert!(took <= Duration::from_millis(2900), "{took:?}");
    // Both the client and the printer used all their time.
    assert!(took >= Duration::from_millis(2800), "{took:?}");
}

/// A stream whose reader is stuck.
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
