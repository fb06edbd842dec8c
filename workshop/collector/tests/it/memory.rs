//! Large requests, also compressed ones, do not grow the program's memory.

use std::thread;

use harness::Memory;

use crate::support::{
    gzip, post,
    program::Collector,
    requests::{JSON, PROTOBUF},
};

const MIB: usize = 1024 * 1024;

/// The two buffers of 20 MiB that one request may fill, what a growing buffer wastes, and the
/// program itself.
const ALLOWED: u64 = 100 * MIB as u64;

fn peak(stand_in: &Collector) -> u64 {
    Memory::of(stand_in.running.id()).expect("a process").peak
}

/// `mebibytes` of zeros, in a thousandth of that. A file of gzip may have any number of parts, one
/// after the other (RFC 1952, section 2.2), so this is quick to make.
fn bomb(mebibytes: usize) -> Vec<u8> {
    gzip(&vec![0; MIB]).repeat(mebibytes)
}

#[test]
#[ignore = "measures memory with large bodies"]
fn a_gzip_bomb_is_refused_in_bounded_memory() {
    let stand_in = Collector::stand_in();
    let bomb = bomb(10_000);
    assert!(bomb.len() < 20 * MIB, "the bomb is to pass the first limit: {} bytes", bomb.len());
    for content_type in [PROTOBUF, JSON] {
        let answer = post(content_type, bomb.clone())
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
    let request = post(PROTOBUF, bomb(1_000)).with("Content-Encoding", "gzip");
    thread::scope(|scope| {
        for _ in 0..16 {
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
    let endless = post(JSON, vec![b' '; 60 * MIB]);
    for _ in 0..3 {
        // It is received for a while, and then the connection is closed under it.
        let answer = endless.send(stand_in.otlp);
        assert!(answer.map_or(true, |answer| answer.status == 413));
    }
    let peak = peak(&stand_in);
    assert!(peak < ALLOWED, "{peak} bytes");
}

#[test]
#[ignore = "measures memory with large bodies"]
fn a_long_text_is_not_kept() {
    let stand_in = Collector::stand_in();
    // 5 MB, whose text is 100 MB: a point without a value takes three bytes here, sixty there.
    let points = vec!["{}"; 500_000].join(",");
    let json = format!(
        r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"summary":{{"dataPoints":[{points}]}}}}]}}]}}]}}"#
    );
    assert_eq!(post(JSON, json).send(stand_in.otlp).unwrap().status, 200);
    let printed = stand_in.running.stdout_len();
    assert!(printed > 60_000_000, "only {printed} bytes of text");
    let peak = peak(&stand_in);
    assert!(peak < 2 * ALLOWED, "{peak} bytes");
}
