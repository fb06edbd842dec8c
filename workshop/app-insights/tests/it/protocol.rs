//! Requests and their answers, on the wire, from the real program.

use std::{net::SocketAddr, sync::Arc};

use crate::support::{Answer, KEY, Program, counter, envelope, gzip, request};
use app_insights::{limits::Limits, server::Server, store::Store};
use jiff::Timestamp;
use serde_json::{Value, json};

const JSON: &str = "Content-Type: application/json";
const STREAM: &str = "Content-Type: application/x-json-stream";
const GZIP: &str = "Content-Encoding: gzip";

fn received(answer: &Answer) -> (u16, u64, u64) {
    let json = answer.json();
    let number = |field: &str| json[field].as_u64().unwrap();
    assert!(answer.head.to_lowercase().contains("content-type: application/json"), "{answer:?}");
    (answer.status, number("itemsReceived"), number("itemsAccepted"))
}

fn message(answer: &Answer) -> String {
    answer.json()["errors"][0]["message"].as_str().unwrap().to_owned()
}

fn bad() -> Value {
    let mut bad = counter(1);
    bad["time"] = json!("soon");
    bad
}

#[test]
fn all_some_and_none_are_accepted() {
    let program = Program::start();
    let all = program.track(&[counter(2), counter(3)]);
    assert_eq!(received(&all), (200, 2, 2));
    assert_eq!(all.json()["errors"], json!([]));
    assert_eq!(program.out("accepted"), "accepted 2 of 2: request-count sum 5");

    let some = program.track(&[bad(), counter(1), bad()]);
    assert_eq!(received(&some), (206, 3, 1));
    let message = "102: Field 'time' on type 'Envelope' is not a valid time string. Expected: date";
    assert_eq!(
        some.json()["errors"],
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
fn every_framing_and_packing_is_read() {
    let program = Program::start();
    let one = counter(1).to_string();
    let array = format!("[{one},{one}]");
    let lines = format!("{one}\n\r\n{one}\r\n");
    for (headers, body, items) in [
        (vec![JSON], array.clone().into_bytes(), 2),
        (vec!["content-type: Application/JSON; charset=utf-8"], array.clone().into_bytes(), 2),
        (vec![JSON, GZIP], gzip(array.as_bytes()), 2),
        // As one stream after another, which RFC 1952 allows.
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
    // A line that is broken spoils no other.
    let broken = program.post("/v2/track", &[STREAM], format!("{one}\n{{\n{one}").as_bytes());
    assert_eq!(received(&broken), (206, 3, 2));
    assert_eq!(broken.json()["errors"][0]["index"], 1);
}

#[test]
fn a_body_that_cannot_be_read_is_refused_as_a_whole() {
    let program = Program::start();
    let one = counter(1).to_string();
    let cut = gzip(one.as_bytes());
    let many = format!("[{}1]", "1,".repeat(20_000));
    let long = format!("[{}]", vec![one.clone(); 6000].join(","));
    let unpacked = vec![b' '; (8 << 20) + 1];
    for (headers, body, status, begins) in [
        (vec![JSON], b"".to_vec(), 400, "The body holds no telemetry items"),
        (vec![JSON], b"[]".to_vec(), 400, "The body holds no telemetry items"),
        (vec![STREAM], b"\n \n".to_vec(), 400, "The body holds no telemetry items"),
        (vec![JSON], format!("[{one},").into_bytes(), 400, "The body is not valid JSON: EOF"),
        (vec![JSON], format!("{one} {one}").into_bytes(), 400, "The body is not valid JSON: trail"),
        (vec![JSON], b"name=value".to_vec(), 400, "The body is not valid JSON: expected ident"),
        (vec![JSON], vec![0xff, 0xfe], 400, "The body is not UTF-8"),
        (vec![JSON, GZIP], one.clone().into_bytes(), 400, "The body is not valid gzip: "),
        (vec![JSON, GZIP], cut[..cut.len() - 9].to_vec(), 400, "The body is not valid gzip: "),
        (vec![JSON], many.into_bytes(), 413, "The body holds more than 20000"),
        (vec![STREAM], "1\n".repeat(20_001).into_bytes(), 413, "The body holds more than 20000"),
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
        assert_eq!(answer.json()["errors"][0]["statusCode"], status);
        assert!(message(&answer).starts_with(begins), "{answer:?}");
        program.err(&format!("refused a request with {status}: {begins}"));
    }
    // Just within the limits, and nothing of the above has been counted.
    assert!(long.len() < 4 << 20, "{}", long.len());
    let most = program.post("/v2.1/track", &[JSON], long.as_bytes());
    assert_eq!(received(&most), (200, 6000, 6000));
    let line = program.out("accepted");
    assert_eq!(line, "accepted 6000 of 6000: request-count sum 6000");
}

#[test]
fn a_body_too_large_is_refused_before_it_is_read() {
    let program = Program::start();
    // Never sent: the announcement is enough.
    let length = format!("Content-Length: {}", (4 << 20) + 1);
    let answer = announce(&program.address, &[JSON, &length]);
    assert_eq!(answer.status, 413, "{answer:?}");
    assert_eq!(message(&answer), "The body is larger than 4194304 bytes");
}

/// Sends the head of a request alone.
fn announce(address: &str, headers: &[&str]) -> Answer {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(crate::support::PATIENCE)).unwrap();
    let headers = headers.join("\r\n");
    let head =
        format!("POST /v2.1/track HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

#[test]
fn only_what_is_there_is_found() {
    let program = Program::start();
    for (method, path, status) in [
        ("GET", "/v2.1/track", 405),
        ("PUT", "/v2/track", 405),
        ("POST", "/", 405),
        ("POST", "/v1/track", 404),
        ("POST", "/v2.1/track/", 404),
        ("GET", "/favicon.ico", 404),
    ] {
        let answer = request(&program.address, method, path, &[JSON], b"");
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.body, "Post telemetry to /v2.1/track\n");
    }
    let wrong = request(&program.address, "GET", "/v2.1/track", &[], b"");
    assert!(wrong.head.to_lowercase().contains("allow: post"), "{wrong:?}");
}

#[test]
fn the_front_page_says_that_it_is_a_stand_in() {
    let program = Program::start();
    let page = || request(&program.address, "GET", "/", &[], b"");
    assert!(page().body.contains("A stand-in on this machine, not Azure."));
    assert!(page().body.contains("No metric has arrived yet."), "{:?}", page());
    program.track(&[counter(1)]);
    assert!(page().body.contains("1 series in 1 time grains."), "{:?}", page());
}

#[test]
fn no_key_is_ever_shown() {
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
fn a_limit_that_is_reached_is_said_once() {
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
    let page = request(&program.address, "GET", "/", &[], b"");
    assert!(page.body.contains(limit.trim_start_matches("Limit reached: ")), "{page:?}");
    // A line that comes after the others shows that none was still on its way.
    program.post("/v2.1/track", &[JSON], b"");
    program.err("no telemetry items");
    assert_eq!(program.running.stderr().lines().filter(|line| line.contains(limit)).count(), 1);
}

#[test]
fn bodies_that_come_slowly_keep_nobody_out() {
    use std::io::Write;
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
    // More than there may be at a time, large and small.
    let held: Vec<_> = (0..40).map(|i| stuck(if i % 2 == 0 { 100_000 } else { 10 })).collect();
    for _ in 0..5 {
        assert_eq!(program.track(&[counter(1)]).status, 200);
    }
    // None of the others had to give up for that.
    assert!(!program.running.stderr().contains("408"), "{}", program.running.stderr());
    drop(held);
}

/// On tokio's own clock, which jumps ahead whenever everybody waits.
#[tokio::test(start_paused = true)]
async fn a_body_that_never_comes_is_given_up() {
    let store = Arc::new(Store::new(10, Limits::default(), Timestamp::now));
    let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0)), store).await.unwrap();
    let address = server.local_addr().to_string();
    let (done, stop) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || done.send(announce(&address, &[JSON, "Content-Length: 9"])));
    let (answered, answer) = tokio::sync::oneshot::channel();
    let shutdown = async move {
        answered.send(stop.await.unwrap()).unwrap();
    };
    server.serve(std::io::sink(), std::io::sink(), shutdown).await.unwrap();
    let answer = answer.await.unwrap();
    assert_eq!(received(&answer), (408, 0, 0));
    assert_eq!(message(&answer), "The body took too long to arrive");
}
