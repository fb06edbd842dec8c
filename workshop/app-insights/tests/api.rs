//! The JSON API, and whom it refuses.

mod support;

use std::io::{Read, Write};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use support::{Answer, Program, counter, envelope, request};

const JSON: &str = "Content-Type: application/json";

fn add(program: &Program, rule: &Value) -> Answer {
    program.post("/api/rules", &[JSON], rule.to_string().as_bytes())
}

fn names(program: &Program) -> Vec<Value> {
    let rules = program.get("/api/rules").json();
    rules["rules"].as_array().unwrap().iter().map(|rule| rule["rule"]["name"].clone()).collect()
}

/// An error is a sentence, as JSON.
fn refused(answer: &Answer, status: u16, part: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.head.contains("application/json"), "{answer:?}");
    let error = answer.json()["error"].as_str().unwrap().to_owned();
    assert!(error.contains(part), "{error}");
}

#[test]
fn the_workshops_rule_is_there_from_the_start() {
    let rule = |program: &Program| program.get("/api/rules").json()["rules"][0].take();
    let program = Program::start();
    let expected = json!({
        "name": "slow", "description": "On average, an answer took more than a second.",
        "metric": "request-latency", "namespace": "azure.applicationinsights", "dimensions": {},
        "aggregation": "average", "operator": ">", "threshold": 1000.0, "unit": "ms",
        "window": "PT30S", "frequency": "PT10S", "severity": 2,
    });
    assert_eq!(rule(&program)["rule"], expected);
    let condition = "average request-latency > 1000 ms (1 s) over 30 s";
    assert_eq!(rule(&program)["condition"], condition);

    let azure = Program::start_with(&["--azure-timing"]);
    assert_eq!(rule(&azure)["rule"]["window"], "PT5M");
    assert_eq!(rule(&azure)["rule"]["frequency"], "PT1M");
    assert_eq!(azure.get("/api/metrics").json()["grain"], "PT1M");

    // A rule of the same name takes its place.
    let other = Program::start_with(&["--rule", "slow: max m < 1"]);
    assert_eq!(names(&other), ["slow"]);
    assert_eq!(rule(&other)["rule"]["metric"], "m");
}

#[test]
fn rules_come_and_go() {
    let program = Program::start();
    let rule = json!({
        "name": "täglich 1", "metric": "m", "aggregation": "total", "operator": "<=",
        "threshold": -2.5, "dimensions": {"who": ["nice", "naughty"]}, "window": "1m",
    });
    let added = add(&program, &rule);
    assert_eq!(added.status, 201, "{added:?}");
    assert_eq!(names(&program), ["slow", "täglich 1"]);
    refused(&add(&program, &rule), 409, "There is a rule \"täglich 1\" already");

    let delete =
        |name: &str| request(&program.address, "DELETE", &format!("/api/rules/{name}"), &[], b"");
    let gone = delete("t%C3%A4glich%201");
    assert_eq!((gone.status, gone.body.as_str()), (204, ""));
    refused(&delete("t%C3%A4glich%201"), 404, "There is no rule \"täglich 1\"");
    refused(&delete("%FF"), 400, "must be UTF-8");
    for nothing in ["/api", "/api/", "/api/nothing", "/api/rules/a/b", "/api/%FF"] {
        refused(&program.get(nothing), 404, "There are /api/metrics");
    }
    // What was answered can be sent.
    let again = add(&program, &added.json()["rule"]);
    assert_eq!(again.status, 201, "{again:?}");
    assert_eq!(again.json()["rule"], added.json()["rule"]);
    assert_eq!(again.json()["rule"]["window"], "PT1M");
    assert_eq!(again.json()["rule"]["severity"], 2);
}

#[test]
fn a_bad_rule_is_refused_with_a_sentence() {
    let program = Program::start();
    let good = json!({"name": "r", "metric": "m", "aggregation": "avg", "operator": ">",
                      "threshold": 1});
    for (key, value, part) in [
        ("name", json!("a/b"), "choose another"),
        ("name", json!(7), "The body cannot be read"),
        ("aggregation", json!("mean"), "average, sum (or total)"),
        ("operator", json!("="), ">, >=, < or <="),
        ("threshold", json!("1"), "The body cannot be read"),
        ("threshold", Value::Null, "The body cannot be read"),
        ("window", json!("soon"), "The window: Write a duration"),
        ("window", json!("15s"), "multiple of the time grain"),
        ("severity", json!(-1), "The body cannot be read"),
        ("severity", json!(5), "from 0 (critical)"),
        ("colour", json!("red"), "unknown field `colour`"),
    ] {
        let mut bad = good.clone();
        bad[key] = value;
        refused(&add(&program, &bad), 400, part);
    }
    let post = |headers: &[&str], body: &[u8]| program.post("/api/rules", headers, body);
    refused(&post(&[JSON], b"{"), 400, "The body cannot be read");
    let twice = good.to_string().replacen('{', r#"{"dimensions": {"k": ["a"], "k": ["b"]}, "#, 1);
    refused(&post(&[JSON], twice.as_bytes()), 400, "The dimension k is there twice");
    refused(&post(&[JSON], b"{\"threshold\": 1e999}"), 400, "The body cannot be read");
    refused(&post(&[], good.to_string().as_bytes()), 415, "application/json");
    refused(&post(&["Content-Type: text/plain"], b"{}"), 415, "application/json");
    refused(&post(&[JSON], &vec![b' '; 70_000]), 413, "shorten");
    refused(&request(&program.address, "PUT", "/api/rules", &[], b""), 405, "method");
    assert_eq!(names(&program), ["slow"]);
    assert_eq!(
        post(&["Content-Type: application/json; charset=utf-8"], good.to_string().as_bytes())
            .status,
        201
    );
}

#[test]
fn other_sites_can_change_nothing() {
    let program = Program::start();
    let own = format!("Origin: http://{}", program.address);
    let attempt = |method: &str, headers: &[&str]| {
        let headers = [&[JSON], headers].concat();
        let rule = json!({"name": "r", "metric": "m", "aggregation": "avg", "operator": ">",
                          "threshold": 1});
        let path = if method == "POST" { "/api/rules" } else { "/api/rules/slow" };
        request(&program.address, method, path, &headers, rule.to_string().as_bytes())
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
        for method in ["POST", "DELETE"] {
            refused(&attempt(method, foreign), 403, "Another web site asked");
        }
    }
    assert_eq!(names(&program), ["slow"]);
    assert_eq!(attempt("POST", &[&own, "Sec-Fetch-Site: same-origin"]).status, 201);
    assert_eq!(attempt("DELETE", &["Sec-Fetch-Site: none"]).status, 204);
    // A site may send a visitor here, which changes nothing.
    let visit = |path: &str, headers: &[&str]| {
        let headers = [&["Sec-Fetch-Site: cross-site"], headers].concat();
        request(&program.address, "GET", path, &headers, b"")
    };
    for path in ["/", "/alerts", "/api/rules"] {
        assert_eq!(visit(path, &["Sec-Fetch-Mode: navigate"]).status, 200);
        let link = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"];
        assert_eq!(visit(path, &link).status, 200);
        // But not make a browser ask for something behind its visitor's back.
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
fn a_foreign_host_is_refused() {
    let program = Program::start();
    let port = program.address.rsplit_once(':').unwrap().1;
    for own in
        [format!("localhost:{port}"), "LOCALHOST".into(), "127.0.0.1".into(), "[::1]:80".into()]
    {
        let answer = as_host(&program, "/api/rules", &format!("Host: {own}\r\n"));
        assert!(answer.starts_with("HTTP/1.1 200"), "{own}: {answer}");
    }
    for path in ["/", "/api/rules", "/api/alerts", "/api/metrics", "/api/points?metric=m"] {
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
fn metrics_and_their_points_are_told() {
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

    let at = |after: i64| (start + SignedDuration::from_secs(after)).to_string();
    let range = format!("from={}&to={}", at(0), at(30)).replace(':', "%3A");
    let points = |query: &str| program.get(&format!("/api/points?metric=m&{query}")).json();
    let all = points(&range);
    let point = |after: i64, value: f64| json!({"time": at(after), "value": value});
    assert_eq!(all["lines"], json!([{"value": null, "points": [point(0, 2.5), point(20, 8.0)]}]));
    assert_eq!((&all["aggregation"], &all["split"]), (&json!("average"), &Value::Null));
    let split = points(&format!("{range}&aggregation=total&split=who"));
    assert_eq!(
        split["lines"],
        json!([
            {"value": "nice", "points": [point(0, 1.0), point(20, 7.0)]},
            {"value": null, "points": [point(20, 9.0)]},
            {"value": "naughty", "points": [point(0, 4.0)]},
        ])
    );
    // Without a range it is the last half hour.
    assert_eq!(points("")["lines"], all["lines"]);
    assert_eq!(points("namespace=shop")["lines"][0]["points"], json!([]));

    for (query, part) in [
        ("", "Name a metric"),
        ("metric=m&aggregation=mean", "average, sum"),
        ("metric=m&from=yesterday", "Write from as a time"),
        ("metric=m&from=2026-11-22T12:00:00Z&to=2026-11-22T12:00:00Z", "before to"),
        ("metric=m&from=2026-01-01T00:00:00Z", "ask for less"),
        ("metric=m&where=x", "leave out anything else"),
    ] {
        refused(&program.get(&format!("/api/points?{query}")), 400, part);
    }
}

#[test]
fn lists_are_bounded_and_say_so() {
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
    let points = program.get("/api/points?metric=m&split=id").json();
    assert_eq!((points["lines"].as_array().unwrap().len(), &points["more"]), (20, &json!(130)));
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
fn the_readme_shows_what_is_answered() {
    let program = Program::start_with(&["--grain", "1"]);
    let point = json!({"name": "request-latency", "value": 1512});
    program.track(&[envelope(Timestamp::now(), &point, &json!({"value": "nice"}))]);
    program.err("alert slow resolved");
    // After an alert, so that every list has something in it.
    let readme = include_str!("../README.md");
    for (path, query) in [
        ("/api/metrics", ""),
        ("/api/points", "?metric=request-latency&split=value"),
        ("/api/rules", ""),
        ("/api/alerts", ""),
    ] {
        let (_, section) = readme.split_once(&format!("### GET {path}\n")).unwrap();
        let (_, block) = section.split_once("```json\n").unwrap();
        let shown: Value = serde_json::from_str(block.split_once("```").unwrap().0).unwrap();
        let mut answered = program.get(&format!("{path}{query}")).json();
        let mut shown = shape(&shown);
        for value in [&mut answered, &mut shown] {
            // May be there or not.
            for place in ["/alerts/0/resolved_value", "/rules/0/last/value"] {
                value.pointer_mut(place).map(Value::take);
            }
        }
        assert_eq!(shape(&answered), shown, "{path}");
    }
}
