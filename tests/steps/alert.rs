//! The moment for which the workshop was made: step 05 is slow, the rule notices, and once the app
//! is quick again the alert is resolved. Real programs, at the stand-in's own pace.

use harness::text;
use serde_json::Value;
use tests::{app_insights, assert_snapshot, visited};

#[test]
fn it_fires_and_is_resolved() {
    let stand_in = app_insights().start().unwrap();
    let says = |what: &str| {
        let what = format!("alert slow {what}: ");
        stand_in.wait_for_stderr(|text| text.contains(&what)).unwrap();
    };

    let alerts =
        || -> Value { serde_json::from_str(&stand_in.get("/api/alerts").unwrap().text()).unwrap() };

    let fired = visited(5, &stand_in, || {
        says("fired");
        alerts()
    });
    let alert = &fired["alerts"][0];
    assert_eq!(alert["rule"], "slow");
    assert_eq!(alert["state"], "fired");
    assert!(alert["value"].as_f64().unwrap() > 1000.0, "{alert:#}");
    assert!(alert["resolved_at"].is_null(), "{alert:#}");

    visited(4, &stand_in, || says("resolved"));
    let alerts = alerts();
    let [alert] = &alerts["alerts"].as_array().unwrap()[..] else { panic!("{alerts:#}") };
    assert_eq!(alert["state"], "resolved");
    assert!(alert["resolved_at"].as_str() > alert["fired_at"].as_str(), "{alert:#}");

    let finished = stand_in.stop().unwrap();
    let lines = finished.stderr.lines().filter(|line| line.starts_with("alert "));
    let lines: Vec<&str> = lines.collect();
    assert_snapshot(5, "alert", &text::app_insights(&lines.join("\n")));
}
