//! The JSON API.

use serde_json::{Value, json};

use crate::support::{
    JSON, Program, json_of, send,
    site::{Screen, Site},
    too_slow,
};

#[test]
fn lists_metrics_with_their_dimensions() {
    let site = Site::start();
    site.record("m", &[("who", "nice")], 60, &[1.0]);
    site.record("m", &[("who", "naughty")], 50, &[4.0]);
    site.record("m", &[], 40, &[9.0]);
    let metrics = json_of(&site.get("/api/metrics"));
    assert_eq!((&metrics["grain"], &metrics["more"]), (&json!("PT10S"), &json!(0)));
    assert_eq!(metrics["now"], "2026-11-22T12:00:00Z");
    assert_eq!(
        metrics["metrics"],
        json!([{"name": "m", "namespace": "azure.applicationinsights", "series": 3,
                "dimensions": [{"key": "who", "values": ["naughty", "nice"], "more": 0}]}])
    );
}

#[test]
fn lists_are_bounded() {
    let site = Site::start();
    for i in 0..150 {
        site.record("m", &[("id", &format!("{i:03}"))], 0, &[1.0]);
    }
    for i in 0..250 {
        site.record(&format!("n{i:03}"), &[], 0, &[1.0]);
    }
    let metrics = json_of(&site.get("/api/metrics"));
    assert_eq!(metrics["metrics"].as_array().unwrap().len(), 200);
    assert_eq!(metrics["more"], 51);
    let ids = &metrics["metrics"][0]["dimensions"][0];
    assert_eq!((ids["values"].as_array().unwrap().len(), &ids["more"]), (100, &json!(50)));
}

#[test]
fn the_timing_option_takes_effect() {
    let timing = |args: &[&str]| {
        let program = Program::start_with(args);
        let form = Screen::of(&program.get("/alerts/new"));
        let [window, frequency] = ["window", "frequency"]
            .map(|list| form.attributes(&format!("#{list} option[selected]"), "value").join(" "));
        let grain = json_of(&program.get("/api/metrics"))["grain"].take();
        json!([grain, window, frequency])
    };
    assert_eq!(timing(&[]), json!(["PT10S", "30", "10"]));
    assert_eq!(timing(&["--azure-timing"]), json!(["PT1M", "300", "60"]));
}

#[test]
fn accepts_only_get_on_two_paths() {
    let site = Site::start();
    for path in ["/api", "/api/", "/api/nothing", "/api/rules", "/api/rules/a/b", "/api/%FF"] {
        assert_eq!(site.get(path).status, 404, "{path}");
    }
    for method in ["PUT", "POST", "DELETE"] {
        for path in ["/api/metrics", "/api/alerts"] {
            let refused = send(site.address, method, path, &[JSON], b"{}");
            assert_eq!(refused.status, 405, "{method} {path}");
        }
    }
}

/// The structure without the values, with only the first element of each list.
pub fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| (key.clone(), shape(value))).collect()
        }
        Value::Array(items) => items.iter().take(1).map(shape).collect(),
        Value::Number(_) => json!(0),
        Value::String(_) => json!(""),
        Value::Bool(_) | Value::Null => Value::Null,
    }
}

#[test]
fn the_readme_shows_the_responses() {
    let site = Site::start();
    site.record("request-latency", &[("value", "nice")], 10, &[1512.0]);
    site.alerts.add(too_slow()).unwrap();
    site.alerts.evaluate(&site.store);
    for _ in 0..3 {
        site.advance(10);
        site.record("request-latency", &[("value", "nice")], 10, &[3.0, 4.0, 5.0]);
        site.alerts.evaluate(&site.store);
    }
    let readme = include_str!("../../README.md");
    for path in ["/api/metrics", "/api/alerts"] {
        let (_, section) = readme.split_once(&format!("`GET {path}`:\n")).unwrap();
        let (_, block) = section.split_once("```json\n").unwrap();
        let shown: Value = serde_json::from_str(block.split_once("```").unwrap().0).unwrap();
        assert_eq!(shape(&json_of(&site.get(path))), shape(&shown), "{path}");
    }
}
