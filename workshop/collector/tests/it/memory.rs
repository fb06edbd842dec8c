//! Large requests, compressed or not, do not make the program's memory grow beyond a limit.

use std::thread;

use harness::{Memory, http::Request};

use crate::support::{
    corpus::{LOGS, METRICS, SIGNALS, TRACES},
    gzip, payload,
    program::Collector,
    requests::{JSON, PROTOBUF, nest},
};

const MIB: usize = 1024 * 1024;

/// The two buffers of 20 MiB that one request may fill, the unused capacity of a growing buffer,
/// and the program itself.
const ALLOWED: u64 = 100 * MIB as u64;

fn peak(stand_in: &Collector) -> u64 {
    Memory::of(stand_in.running.id()).expect("a process").peak
}

/// `mebibytes` of zeros, compressed to a thousandth of that size. A gzip file can consist of any
/// number of members, one after the other (RFC 1952, section 2.2), so the bomb is made quickly.
fn bomb(mebibytes: usize) -> Vec<u8> {
    gzip(&vec![0; MIB]).repeat(mebibytes)
}

#[test]
#[ignore = "measures memory with large bodies"]
fn a_gzip_bomb_is_refused_in_bounded_memory() {
    let stand_in = Collector::stand_in();
    let bomb = bomb(10_000);
    assert!(bomb.len() < 20 * MIB, "the bomb must be below the first limit: {} bytes", bomb.len());
    for (signal, content_type) in SIGNALS.iter().zip([PROTOBUF, JSON, PROTOBUF]) {
        let answer = Request::post(signal.path, content_type, bomb.clone())
            .with("Content-Encoding", "gzip")
            .send(stand_in.otlp)
            .unwrap();
        assert_eq!(answer.status, 413, "{}", answer.text());
    }
    let peak = peak(&stand_in);
    assert!(peak < ALLOWED, "{peak} bytes");
}

#[test]
#[ignore = "measures memory with large bodies"]
fn concurrent_gzip_bombs_are_refused_in_bounded_memory() {
    let stand_in = Collector::stand_in();
    let requests = SIGNALS.map(|signal| {
        Request::post(signal.path, PROTOBUF, bomb(1_000)).with("Content-Encoding", "gzip")
    });
    thread::scope(|scope| {
        for request in requests.iter().cycle().take(16) {
            scope.spawn(|| assert_eq!(request.send(stand_in.otlp).unwrap().status, 413));
        }
    });
    let peak = peak(&stand_in);
    assert!(peak < ALLOWED, "{peak} bytes");
}

#[test]
#[ignore = "measures memory with large bodies"]
fn a_body_above_the_limit_is_not_kept() {
    let stand_in = Collector::stand_in();
    for signal in SIGNALS {
        let endless = Request::post(signal.path, JSON, vec![b' '; 60 * MIB]);
        // A part of the body is received. Then the stand-in closes the connection.
        let answer = endless.send(stand_in.otlp);
        assert!(answer.map_or(true, |answer| answer.status == 413));
    }
    let peak = peak(&stand_in);
    assert!(peak < ALLOWED, "{peak} bytes");
}

#[test]
#[ignore = "measures memory with large bodies"]
fn a_long_text_is_not_kept() {
    // An empty item takes three bytes in the request, and up to four hundred in the text.
    let items = |count: usize| vec!["{}"; count].join(",");
    let points = format!(r#"{{"summary":{{"dataPoints":[{}]}}}}"#, items(500_000));
    for (signal, items) in [(METRICS, points), (TRACES, items(250_000)), (LOGS, items(350_000))] {
        let stand_in = Collector::stand_in();
        let request = Request::post(signal.path, JSON, payload(&signal, &items));
        assert_eq!(request.send(stand_in.otlp).unwrap().status, 200);
        let printed = stand_in.running.stdout_len();
        assert!(printed > 60_000_000, "only {printed} bytes of text");
        let peak = peak(&stand_in);
        assert!(peak < 2 * ALLOWED, "{}: {peak} bytes", signal.name);
    }
}

#[test]
#[ignore = "needs 3 GB of memory"]
fn the_largest_request_needs_the_memory_that_the_readme_states() {
    let readme = include_str!("../../README.md");
    let stated = readme.split_once("The maximum is ").and_then(|(_, rest)| rest.split_once(" GB"));
    let stated: f64 = stated.and_then(|(gigabytes, _)| gigabytes.parse().ok()).expect("a number");
    // An empty span takes two bytes. The last span has an invalid id, so that nothing is printed.
    let mut spans = b"\x12\x00".repeat(collector::body::LIMIT / 2 - 16);
    spans.extend(b"\x12\x03\x12\x01\x01");
    let stand_in = Collector::stand_in();
    let request = Request::post(TRACES.path, PROTOBUF, nest(&[1, 2], &spans));
    let answer = request.send(stand_in.otlp).unwrap();
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(answer.text().contains("a span id has 8 bytes"), "{}", answer.text());
    let kilobytes = u32::try_from(peak(&stand_in) / 1000).expect("less than a terabyte");
    let peak = f64::from(kilobytes) / 1e6;
    assert!((0.9 * stated..1.1 * stated).contains(&peak), "{peak} GB, not {stated} GB");
}
