//! The responses of the stand-in to single requests, over a real connection.

use std::io::{Read as _, Write as _};

use harness::http::Request;

use crate::support::{
    post,
    program::Collector,
    requests::{Class, JSON, PROTOBUF, cases},
};

#[test]
fn answers_unusual_requests_as_the_specification_requires() {
    let stand_in = Collector::stand_in();
    let cases = cases();
    let refused = cases.iter().filter(|case| case.ours.status >= 400).count();
    assert!(refused >= 20, "only {refused} bad requests");
    let mut wrong = Vec::new();
    for case in cases {
        let answer = case.request.send(stand_in.otlp).unwrap();
        let class = Class::of(&answer, case.request.method == "HEAD");
        if class != Some(case.ours) {
            wrong.push(format!("{case}: {class:?}, not {:?}: {}", case.ours, answer.text()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(stand_in.running.stdout(), "", "none of the accepted requests has an item");
}

#[test]
fn readme_lists_every_difference_from_the_real_collector() {
    let readme = include_str!("../../README.md").split_whitespace().collect::<Vec<_>>().join(" ");
    for case in cases().iter().filter(|case| case.theirs.is_some()) {
        assert!(readme.contains(case.because), "{case}: the README lacks {:?}", case.because);
    }
}

#[test]
fn refusals_say_what_to_do() {
    let stand_in = Collector::stand_in();
    let message = |request: Request| request.send(stand_in.otlp).unwrap().text();
    for (request, says) in [
        (Request::get("/v1/metrics"), "supported: [POST]"),
        (Request::post("/v1/trace", JSON, "{}"), "traces at /v1/traces"),
        (post("text/plain", ""), "application/json, application/x-protobuf"),
        (post(JSON, "{}").with("Content-Encoding", "br"), "gzip, deflate, zlib or none"),
        (post(JSON, r#"{"resourceMetrics": 3}"#), "line 1 column 21"),
        (Request::post("/v1/traces", PROTOBUF, "x"), "ExportTraceServiceRequest in Protobuf"),
        (Request::post("/v1/logs", JSON, "x"), "ExportLogsServiceRequest in JSON"),
    ] {
        let message = message(request);
        assert!(message.contains(says), "{says:?} is not in {message:?}");
    }
    let refused = Request::get("/v1/metrics").send(stand_in.otlp).unwrap();
    assert_eq!(refused.header("allow"), Some("POST"), "RFC 9110, section 15.5.6");
}

#[test]
fn accepts_chunked_bodies() {
    let stand_in = Collector::stand_in();
    let mut connection = stand_in.running.connect().unwrap();
    let head = "POST /v1/metrics HTTP/1.1\r\nHost: c\r\nConnection: close\r\n\
        Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let body = "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n";
    connection.write_all([head, body].concat().as_bytes()).expect("sending");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n{}"), "{answer}");
}

#[test]
fn keeps_connections_open_between_requests() {
    let stand_in = Collector::stand_in();
    let mut connection = stand_in.running.connect().unwrap();
    for _ in 0..3 {
        let request = "POST /v1/metrics HTTP/1.1\r\nHost: c\r\nContent-Length: 2\r\n\
            Content-Type: application/json\r\n\r\n{}";
        connection.write_all(request.as_bytes()).expect("sending");
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n{}") {
            let mut byte = [0];
            connection.read_exact(&mut byte).expect("an answer");
            answer.extend(byte);
        }
    }
}

#[test]
fn answers_health_checks_with_any_method_and_path() {
    let stand_in = Collector::stand_in();
    for request in [Request::get("/"), Request::get("/any/path"), post("text/plain", "x")] {
        let answer = request.send(stand_in.health).unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let body: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!(body["status"], "Server available");
        assert!(body["upSince"].as_str().is_some_and(|since| since.ends_with('Z')), "{body}");
        assert!(body["uptime"].as_str().is_some_and(|uptime| uptime.ends_with('s')), "{body}");
    }
}
