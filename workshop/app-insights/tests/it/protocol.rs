//! The responses of the ingestion endpoint.

use std::{io::Write, net::SocketAddr, sync::Arc, time::Duration};

use app_insights::{
    alerts::{Alerts, Timing},
    server::Server,
    store::{Limits, Store},
};
use harness::http::{Reply, exchange};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::{
    GZIP, JSON, KEY, Program, STREAM, counter, envelope, gzip, json_of, request, send,
};

fn received(answer: &Reply) -> (u16, u64, u64) {
    let json = json_of(answer);
    let number = |field: &str| json[field].as_u64().unwrap();
    (answer.status, number("itemsReceived"), number("itemsAccepted"))
}

fn message(answer: &Reply) -> String {
    json_of(answer)["errors"][0]["message"].as_str().unwrap().to_owned()
}

fn bad() -> Value {
    let mut bad = counter(1);
    bad["time"] = json!("soon");
    bad
}

#[test]
fn answers_200_206_or_400() {
    let program = Program::start();
    let all = program.track(&[counter(2), counter(3)]);
    assert_eq!(received(&all), (200, 2, 2));
    assert_eq!(json_of(&all)["errors"], json!([]));
    assert_eq!(program.out("accepted"), "accepted 2 of 2: request-count sum 5");

    let some = program.track(&[bad(), counter(1), bad()]);
    assert_eq!(received(&some), (206, 3, 1));
    let message = "102: Field 'time' on type 'Envelope' is not a valid time string. Expected: date";
    assert_eq!(
        json_of(&some)["errors"],
        json!([
            {"index": 0, "statusCode": 400, "message": message},
            {"index": 2, "statusCode": 400, "message": message},
        ])
    );
    assert_eq!(
        program.out("accepted 1 of 3"),
        format!("accepted 1 of 3: request-count sum 1; refused 2, the first is item 0: {message}")
    );

    let none = program.track(&[bad()]);
    assert_eq!(received(&none), (400, 1, 0));
    program.err("accepted 0 of 1: refused 1, the first is item 0: 102: Field 'time'");
    assert_eq!(program.running.stdout().lines().count(), 2);
}

#[test]
fn reads_every_content_type_and_encoding() {
    let program = Program::start();
    let one = counter(1).to_string();
    let array = format!("[{one},{one}]");
    let lines = format!("{one}\n\r\n{one}\r\n");
    for (headers, body, items) in [
        (vec![JSON], array.clone().into_bytes(), 2),
        (vec!["content-type: Application/JSON; charset=utf-8"], array.clone().into_bytes(), 2),
        (vec![JSON, GZIP], gzip(array.as_bytes()), 2),
        // Two gzip members, one after the other, which RFC 1952 allows.
        (
            vec![JSON, GZIP],
            [gzip(&array.as_bytes()[..9]), gzip(&array.as_bytes()[9..])].concat(),
            2,
        ),
        (vec![JSON, "Content-Encoding: identity"], array.clone().into_bytes(), 2),
        (vec![JSON], one.clone().into_bytes(), 1),
        (vec![STREAM], one.clone().into_bytes(), 1),
        (vec![STREAM], lines.clone().into_bytes(), 2),
        (vec!["Content-Type: x-json-stream"], lines.clone().into_bytes(), 2),
        (vec![STREAM, GZIP], gzip(lines.as_bytes()), 2),
        (vec![STREAM], array.into_bytes(), 2),
    ] {
        for path in ["/v2/track", "/v2.1/track", "//v2.1/track"] {
            let answer = program.post(path, &headers, &body);
            assert_eq!(received(&answer), (200, items, items), "{path} {headers:?}");
        }
    }
    // A broken line does not affect the others.
    let broken = program.post("/v2/track", &[STREAM], format!("{one}\n{{\n{one}").as_bytes());
    assert_eq!(received(&broken), (206, 3, 2));
    assert_eq!(json_of(&broken)["errors"][0]["index"], 1);
}

#[test]
fn refuses_an_unreadable_body() {
    let program = Program::start();
    let one = counter(1).to_string();
    let cut = gzip(one.as_bytes());
    let many = format!("[{}1]", "1,".repeat(20_000));
    let long = format!("[{}]", vec![one.clone(); 6000].join(","));
    let unpacked = vec![b' '; (8 << 20) + 1];
    for (headers, body, status, begins) in [
        (vec![JSON], b"".to_vec(), 400, "The body contains no telemetry items"),
        (vec![JSON], b"[]".to_vec(), 400, "The body contains no telemetry items"),
        (vec![STREAM], b"\n \n".to_vec(), 400, "The body contains no telemetry items"),
        (vec![JSON], format!("[{one},").into_bytes(), 400, "The body is not valid JSON: EOF"),
        (vec![JSON], format!("{one} {one}").into_bytes(), 400, "The body is not valid JSON: trail"),
        (vec![JSON], b"name=value".to_vec(), 400, "The body is not valid JSON: expected ident"),
        (vec![JSON], vec![0xff, 0xfe], 400, "The body is not UTF-8"),
        (vec![JSON, GZIP], one.clone().into_bytes(), 400, "The body is not valid gzip: "),
        (vec![JSON, GZIP], cut[..cut.len() - 9].to_vec(), 400, "The body is not valid gzip: "),
        (vec![JSON], many.into_bytes(), 413, "The body contains more than 20000"),
        (vec![STREAM], "1\n".repeat(20_001).into_bytes(), 413, "The body contains more than 20000"),
        (vec![JSON, GZIP], gzip(&unpacked), 413, "The body is larger than 8388608 bytes after"),
        (
            vec![JSON, "Content-Encoding: br"],
            one.clone().into_bytes(),
            415,
            "Content-Encoding must",
        ),
        (vec![JSON, "Content-Encoding: gzip, gzip"], cut.clone(), 415, "Content-Encoding must"),
        (vec!["Content-Type: text/plain"], one.clone().into_bytes(), 415, "Content-Type must"),
        (vec![], one.clone().into_bytes(), 415, "Content-Type must"),
    ] {
        let answer = program.post("/v2.1/track", &headers, &body);
        assert_eq!(received(&answer), (status, 0, 0), "{headers:?} {begins}");
        assert_eq!(json_of(&answer)["errors"][0]["statusCode"], status);
        assert!(message(&answer).starts_with(begins), "{answer:?}");
        program.err(&format!("refused a request with {status}: {begins}"));
    }
    // A body within the limits. The requests above recorded nothing.
    assert!(long.len() < 4 << 20, "{}", long.len());
    let most = program.post("/v2.1/track", &[JSON], long.as_bytes());
    assert_eq!(received(&most), (200, 6000, 6000));
    let line = program.out("accepted");
    assert_eq!(line, "accepted 6000 of 6000: request-count sum 6000");
}

#[test]
fn refuses_a_large_body_before_reading_it() {
    let program = Program::start();
    // The body is never sent.
    let length = format!("Content-Length: {}", (4 << 20) + 1);
    let answer = announce(program.address, &[JSON, &length]);
    assert_eq!(answer.status, 413, "{answer:?}");
    assert_eq!(message(&answer), "The body is larger than 4194304 bytes");
}

/// Sends only the headers of a request.
fn announce(address: SocketAddr, headers: &[&str]) -> Reply {
    let head = request("POST", "/v2.1/track", headers, b"").head(address);
    Reply::parse(&exchange(address, &head, Duration::from_secs(60)).unwrap()).unwrap()
}

#[test]
fn answers_404_and_405() {
    let program = Program::start();
    for (method, path, status) in [
        ("GET", "/v2.1/track", 405),
        ("PUT", "/v2/track", 405),
        ("POST", "/", 405),
        ("POST", "/v1/track", 404),
        ("POST", "/v2.1/track/", 404),
        ("GET", "/favicon.ico", 404),
    ] {
        let answer = send(program.address, method, path, &[JSON], b"");
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.text(), "Post telemetry to /v2.1/track\n");
    }
    let wrong = send(program.address, "GET", "/v2.1/track", &[], b"");
    assert_eq!(wrong.header("allow"), Some("POST"));
}

#[test]
fn the_front_page_names_the_stand_in() {
    let program = Program::start();
    let page = || send(program.address, "GET", "/", &[], b"");
    assert!(page().text().contains("A stand-in on this machine, not Azure."));
    assert!(page().text().contains("No metric has arrived yet."), "{:?}", page());
    program.track(&[counter(1)]);
    assert!(page().text().contains("1 series in 1 time grains."), "{:?}", page());
}

#[test]
fn never_shows_an_instrumentation_key() {
    let program = Program::start();
    let mut no_key = counter(1);
    no_key["iKey"] = json!("");
    let mut wrong_key = counter(1);
    wrong_key["iKey"] = json!([KEY]);
    let answers = [
        program.track(&[counter(1)]),
        program.track(&[counter(1), bad()]),
        program.track(&[wrong_key]),
        program.post("/v2.1/track", &[JSON], format!("{} {KEY}", counter(1)).as_bytes()),
        program.post("/v2.1/track", &[JSON], format!("[\"{KEY}\", {KEY}]").as_bytes()),
        program.post("/v2.1/track", &[JSON, GZIP], KEY.as_bytes()),
        program.post(&format!("/{KEY}"), &[JSON], b""),
        program.track(&[no_key]),
    ];
    assert_eq!(message(&answers[7]), "Invalid instrumentation key");
    program.err("Invalid instrumentation key");
    let lines = program.running.stdout() + &program.running.stderr();
    for shown in answers.iter().map(|answer| format!("{answer:?}")).chain([lines]) {
        assert!(!shown.contains(&KEY[..12]), "{shown}");
    }
}

#[test]
fn reports_a_limit_once() {
    let program = Program::start();
    let names: serde_json::Map<String, Value> =
        (0..12).map(|i| (format!("d{i}"), json!("x"))).collect();
    let point = json!({"name": "wide", "value": 1});
    let wide = envelope(Timestamp::now(), &point, &Value::Object(names));
    for _ in 0..3 {
        assert_eq!(received(&program.track(std::slice::from_ref(&wide))), (200, 1, 1));
    }
    let limit = "Limit reached: a point has more than 10 dimensions";
    program.err(limit);
    let page = send(program.address, "GET", "/", &[], b"");
    assert!(page.text().contains(limit.trim_start_matches("Limit reached: ")), "{page:?}");
    // After this line, all earlier lines have been printed.
    program.post("/v2.1/track", &[JSON], b"");
    program.err("no telemetry items");
    assert_eq!(program.running.stderr().lines().filter(|line| line.contains(limit)).count(), 1);
}

#[test]
fn slow_bodies_do_not_block_small_ones() {
    let program = Program::start();
    let stuck = |length: usize| {
        let mut stream = program.running.connect().unwrap();
        let head = format!(
            "POST /v2.1/track HTTP/1.1\r\nHost: x\r\n{JSON}\r\nContent-Length: {}\r\n\r\n",
            length + 1
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&vec![b' '; length]).unwrap();
        stream
    };
    // More large bodies than are read at the same time, and the same number of small bodies.
    let held: Vec<_> = (0..40).map(|i| stuck(if i % 2 == 0 { 100_000 } else { 10 })).collect();
    for _ in 0..5 {
        assert_eq!(program.track(&[counter(1)]).status, 200);
    }
    // None of the other requests was aborted.
    assert!(!program.running.stderr().contains("408"), "{}", program.running.stderr());
    drop(held);
}

/// Uses tokio's paused clock, which advances when all tasks wait.
#[tokio::test(start_paused = true)]
async fn answers_408_if_the_body_does_not_arrive() {
    let store = Arc::new(Store::new(10, Limits::default(), Timestamp::now));
    let alerts = Arc::new(Alerts::new(Timing::default()));
    let server = Server::bind(([127, 0, 0, 1], 0).into(), store, alerts).await.unwrap();
    let address = server.local_addr();
    let (done, stop) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let answer = announce(address, &[JSON, "Content-Length: 9"]);
        assert!(done.send(answer).is_ok());
    });
    let (answered, answer) = tokio::sync::oneshot::channel();
    let shutdown = async move {
        answered.send(stop.await.unwrap()).unwrap();
    };
    server.serve(std::io::sink(), std::io::sink(), shutdown).await.unwrap();
    let answer = answer.await.unwrap();
    assert_eq!(received(&answer), (408, 0, 0));
    assert_eq!(message(&answer), "The body took too long to arrive");
}
