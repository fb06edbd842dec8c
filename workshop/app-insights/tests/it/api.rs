//! The JSON API, and whom it refuses.

use std::io::{Read, Write};

use crate::support::{
    Answer, Program, counter, envelope, request,
    site::{FORM, encode},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const JSON: &str = "Content-Type: application/json";

/// An error is a sentence, as JSON.
fn refused(answer: &Answer, status: u16, part: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.head.contains("application/json"), "{answer:?}");
    let error = answer.json()["error"].as_str().unwrap().to_owned();
    assert!(error.contains(part), "{error}");
}

fn rule_is_there(program: &Program, name: &str) -> bool {
    program.get("/alerts").body.contains(&format!("/alerts/rule?name={name}"))
}

#[test]
fn unknown_paths_and_methods_are_refused() {
    let program = Program::start();
    for path in ["/api", "/api/", "/api/nothing", "/api/rules/a/b", "/api/%FF"] {
        refused(&program.get(path), 404, "Use /api/metrics");
    }
    for path in ["/api/metrics", "/api/alerts"] {
        refused(&program.post(path, &[JSON], b"{}"), 405, "read-only");
    }
}

#[test]
fn azure_timing_has_grains_of_a_minute() {
    let program = Program::start_with(&["--azure-timing"]);
    assert_eq!(program.get("/api/metrics").json()["grain"], "PT1M");
    assert!(program.get("/alerts").body.contains("5 min"));
}

#[test]
fn other_sites_can_change_nothing() {
    let program = Program::start();
    let own = format!("Origin: http://{}", program.address);
    let add = |headers: &[&str]| {
        let form = encode(&[
            ("name", "r"),
            ("metric", "m"),
            ("aggregation", "average"),
            ("operator", ">"),
            ("threshold", "1"),
        ]);
        program.post("/alerts/new", &[&[FORM], headers].concat(), form.as_bytes())
    };
    let delete = |headers: &[&str]| {
        program.post("/alerts/delete", &[&[FORM], headers].concat(), b"name=slow")
    };
    for foreign in [
        &["Origin: http://evil.example"][..],
        &["Origin: null"],
        &["Origin: http://127.0.0.1:1"],
        &["Origin: https://127.0.0.1"],
        &["Sec-Fetch-Site: cross-site"],
        &["Sec-Fetch-Site: same-site"],
        &[&own, "Sec-Fetch-Site: cross-site"],
        &["Origin: http://evil.example", "Sec-Fetch-Site: same-origin"],
        &[&own, "Origin: http://evil.example"],
    ] {
        for answer in [add(foreign), delete(foreign)] {
            assert_eq!(answer.status, 403, "{foreign:?}: {answer:?}");
            assert!(answer.body.contains("Another web site asked"), "{answer:?}");
        }
    }
    assert!(rule_is_there(&program, "slow") && !rule_is_there(&program, "r"));
    assert_eq!(add(&[&own, "Sec-Fetch-Site: same-origin"]).status, 303);
    assert_eq!(delete(&["Sec-Fetch-Site: none"]).status, 303);
    assert!(!rule_is_there(&program, "slow") && rule_is_there(&program, "r"));
    // A site may send a visitor here, which changes nothing.
    let visit = |path: &str, headers: &[&str]| {
        let headers = [&["Sec-Fetch-Site: cross-site"], headers].concat();
        request(&program.address, "GET", path, &headers, b"")
    };
    for path in ["/", "/alerts", "/api/alerts"] {
        assert_eq!(visit(path, &["Sec-Fetch-Mode: navigate"]).status, 200);
        let link = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"];
        assert_eq!(visit(path, &link).status, 200);
        // A site may not make the browser send a hidden request.
        for hidden in [
            &[][..],
            &["Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"],
            &["Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"],
            &["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"],
        ] {
            let answer = visit(path, hidden);
            assert_eq!(answer.status, 403, "{path} {hidden:?}");
            assert!(answer.body.contains("behind your back"), "{answer:?}");
        }
    }
}

/// A request whose `Host` is whatever we like.
fn as_host(program: &Program, target: &str, host: &str) -> String {
    let mut stream = program.running.connect().unwrap();
    let head = format!("GET {target} HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn foreign_hosts_are_refused() {
    let program = Program::start();
    let port = program.address.rsplit_once(':').unwrap().1;
    for own in
        [format!("localhost:{port}"), "LOCALHOST".into(), "127.0.0.1".into(), "[::1]:80".into()]
    {
        let answer = as_host(&program, "/alerts", &format!("Host: {own}\r\n"));
        assert!(answer.starts_with("HTTP/1.1 200"), "{own}: {answer}");
    }
    for path in ["/", "/alerts", "/api/alerts", "/api/metrics"] {
        for host in [
            "Host: evil.example\r\n",
            "Host: localhost.evil.example\r\n",
            "Host: \r\n",
            "Host: 192.0.2.1\r\n",
            "Host: localhost\r\nHost: evil.example\r\n",
            "",
        ] {
            let answer = as_host(&program, path, host);
            let refused = answer.starts_with("HTTP/1.1 403") || answer.starts_with("HTTP/1.1 400");
            assert!(refused && !answer.contains("slow"), "{path} {host}: {answer}");
        }
        let absolute = format!("http://evil.example{path}");
        let answer = as_host(&program, &absolute, "Host: localhost\r\n");
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    }
    // An exporter may be told any name.
    let mut stream = program.running.connect().unwrap();
    let body = counter(1).to_string();
    write!(
        stream,
        "POST /v2.1/track HTTP/1.1\r\nHost: host.docker.internal\r\nConnection: close\r\n\
         {JSON}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn metrics_are_listed_with_their_dimensions() {
    let program = Program::start();
    let grain = 10;
    // A whole grain of the past, so that no grain ends while this runs.
    let second = Timestamp::now().as_second().div_euclid(grain) * grain - 60;
    let start = Timestamp::from_second(second).unwrap();
    let item = |after: i64, value: f64, who: &Value| {
        let point = json!({"name": "m", "value": value});
        envelope(start + SignedDuration::from_secs(after), &point, who)
    };
    program.track(&[
        item(0, 1.0, &json!({"who": "nice"})),
        item(9, 4.0, &json!({"who": "naughty"})),
        item(20, 7.0, &json!({"who": "nice"})),
        item(20, 9.0, &json!({})),
    ]);
    let metrics = program.get("/api/metrics").json();
    assert_eq!((&metrics["grain"], &metrics["more"]), (&json!("PT10S"), &json!(0)));
    assert_eq!(
        metrics["metrics"],
        json!([{"name": "m", "namespace": "azure.applicationinsights", "series": 3,
                "dimensions": [{"key": "who", "values": ["naughty", "nice"], "more": 0}]}])
    );
}

#[test]
fn lists_are_bounded_and_count_the_rest() {
    let program = Program::start();
    let now = Timestamp::now();
    let many: Vec<Value> =
        (0..150)
            .map(|i| {
                let point = json!({"name": "m", "value": 1});
                envelope(now, &point, &json!({"id": format!("{i:03}")}))
            })
            .chain((0..250).map(|i| {
                envelope(now, &json!({"name": format!("n{i:03}"), "value": 1}), &json!({}))
            }))
            .collect();
    program.track(&many);
    let metrics = program.get("/api/metrics").json();
    assert_eq!(metrics["metrics"].as_array().unwrap().len(), 200);
    assert_eq!(metrics["more"], 51);
    let ids = &metrics["metrics"][0]["dimensions"][0];
    assert_eq!((ids["values"].as_array().unwrap().len(), &ids["more"]), (100, &json!(50)));
}

/// What is inside, without the values; of a list the first.
fn shape(value: &Value) -> Value {
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
#[ignore = "waits 6 s for an alert"]
fn readme_shows_the_answers() {
    let program = Program::start_with(&["--grain", "1"]);
    let point = json!({"name": "request-latency", "value": 1512});
    program.track(&[envelope(Timestamp::now(), &point, &json!({"value": "nice"}))]);
    program.err("alert slow resolved");
    // After an alert, so that every list has something in it.
    let readme = include_str!("../../README.md");
    for path in ["/api/metrics", "/api/alerts"] {
        let (_, section) = readme.split_once(&format!("### GET {path}\n")).unwrap();
        let (_, block) = section.split_once("```json\n").unwrap();
        let shown: Value = serde_json::from_str(block.split_once("```").unwrap().0).unwrap();
        let mut answered = program.get(path).json();
        let mut shown = shape(&shown);
        for value in [&mut answered, &mut shown] {
            // May be there or not.
            value.pointer_mut("/alerts/0/resolved_value").map(Value::take);
        }
        assert_eq!(shape(&answered), shown, "{path}");
    }
}
