//! The moment for which the workshop was made: step 05 is slow, the rule notices, and once the app
//! is quick again the alert is resolved. Real programs, at the stand-in's own pace.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use harness::{Program, Running, text};
use serde_json::Value;
use tests::{app_insights, assert_snapshot, azure, step};

/// Enough visitors that an average over half a minute is one of many.
const VISITORS: usize = 20;

/// A step that tells the stand-in often, and asks for whatever port the one before has left.
fn telling(number: u8, stand_in: SocketAddr) -> Running {
    let program: Program = azure(step(number), stand_in);
    program.env("OTEL_METRIC_EXPORT_INTERVAL", "1000").start().unwrap()
}

/// Visits the app until `done` says so.
fn visited<T>(app: &Running, done: impl FnOnce() -> T) -> T {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..VISITORS {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    app.get("/Ada/").unwrap();
                }
            });
        }
        // Whatever becomes of it, the visitors must not go on for ever.
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(done));
        over.store(true, Ordering::Relaxed);
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

#[test]
fn it_fires_and_is_resolved() {
    let stand_in = app_insights().start().unwrap();
    let says = |what: &str| {
        let what = format!("alert slow {what}: ");
        stand_in.wait_for_stderr(|text| text.contains(&what)).unwrap();
    };

    let slow = telling(5, stand_in.address());
    visited(&slow, || says("fired"));
    let alerts: Value = serde_json::from_str(&stand_in.get("/api/alerts").unwrap().body).unwrap();
    let alert = &alerts["alerts"][0];
    assert_eq!(alert["rule"], "slow");
    assert_eq!(alert["state"], "fired");
    assert!(alert["value"].as_f64().unwrap() > 1000.0, "{alert:#}");
    assert!(alert["resolved_at"].is_null(), "{alert:#}");
    assert!(slow.stop().unwrap().status.success());

    let quick = telling(4, stand_in.address());
    visited(&quick, || says("resolved"));
    let alerts: Value = serde_json::from_str(&stand_in.get("/api/alerts").unwrap().body).unwrap();
    let [alert] = &alerts["alerts"].as_array().unwrap()[..] else { panic!("{alerts:#}") };
    assert_eq!(alert["state"], "resolved");
    assert!(alert["resolved_at"].as_str() > alert["fired_at"].as_str(), "{alert:#}");
    assert!(quick.stop().unwrap().status.success());

    let finished = stand_in.stop().unwrap();
    let lines = finished.stderr.lines().filter(|line| line.starts_with("alert "));
    let lines: Vec<&str> = lines.collect();
    assert_snapshot(5, "alert", &text::app_insights(&lines.join("\n")));
}
