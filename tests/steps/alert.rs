//! The rule is created while the app is fast, so its preview is calm. Step 05 is slow, so the rule
//! fires an alert. With a fast app, the alert is resolved. The test uses the real programs, with
//! the stand-in's own timing.

use app_insights::alerts::Timing;
use harness::{Running, text, wait_until};
use scraper::{Html, Selector};
use serde_json::Value;
use tests::{app_insights, assert_snapshot, form, make_rule, too_slow, visited};

/// The values in the preview of a new rule, one for each evaluation.
fn preview(stand_in: &Running, form: &str) -> Vec<f64> {
    let page = stand_in.get(&format!("/alerts/new?{form}")).unwrap();
    assert_eq!(page.status, 200, "{page:?}");
    let values = Selector::parse("#live data").unwrap();
    let page = Html::parse_document(&page.text());
    page.select(&values).map(|value| value.attr("value").unwrap().parse().unwrap()).collect()
}

#[test]
#[ignore = "waits more than a minute for an alert"]
fn alert_fires_and_is_resolved() {
    let stand_in = app_insights().start().unwrap();
    let rule = too_slow(&Timing::default());
    let says = |what: &str| {
        let what = format!("alert {} {what}: ", rule.name);
        stand_in.wait_for_stderr(|text| text.contains(&what)).unwrap();
    };
    let alerts =
        || -> Value { serde_json::from_str(&stand_in.get("/api/alerts").unwrap().text()).unwrap() };

    visited(4, &stand_in, || {
        let mut calm = Vec::new();
        wait_until("an evaluation in the preview", || {
            calm = preview(&stand_in, &form(&rule));
            !calm.is_empty()
        })
        .unwrap();
        assert!(calm.iter().all(|value| *value < rule.threshold), "{calm:?}");
        make_rule(&stand_in, &rule);
    });
    assert_eq!(alerts()["alerts"], Value::Array(vec![]));

    let fired = visited(5, &stand_in, || {
        says("fired");
        alerts()
    });
    let alert = &fired["alerts"][0];
    assert_eq!(alert["rule"], rule.name);
    assert_eq!(alert["condition"], rule.condition());
    assert_eq!(alert["state"], "fired");
    assert!(alert["value"].as_f64().unwrap() > rule.threshold, "{alert:#}");
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
