//! Large requests, and those that want to be, do not grow the program's memory.
#![cfg(target_os = "linux")]

mod common;

use common::gzip;
use common::http::Request;
use common::program::{Program, memory};
use common::requests::{JSON, PROTOBUF};

const MIB: usize = 1024 * 1024;

/// The two buffers of 20 MiB that one request may fill, what a growing buffer wastes, and the
/// program itself.
const ALLOWED: usize = 100 * MIB;

/// `mebibytes` of zeros, in a thousandth of that. A file of gzip may have any number of parts, one
/// after the other (RFC 1952, section 2.2), so this is quick to make.
fn bomb(mebibytes: usize) -> Vec<u8> {
    gzip(&vec![0; MIB]).repeat(mebibytes)
}

#[test]
fn a_gzip_bomb_does_not_go_off() {
    let stand_in = Program::stand_in();
    let bomb = bomb(10_000);
    assert!(bomb.len() < 20 * MIB, "the bomb is to pass the first limit: {} bytes", bomb.len());
    for content_type in [PROTOBUF, JSON] {
        let answer = Request::post(content_type, bomb.clone())
            .with("Content-Encoding", "gzip")
            .send(stand_in.otlp);
        assert_eq!(answer.status, 413, "{}", answer.text());
    }
    let peak = memory(stand_in.child.id(), "VmHWM");
    assert!(peak < ALLOWED, "{} MiB", peak / MIB);
}

#[test]
fn many_gzip_bombs_at_once_take_no_more_than_one() {
    let stand_in = Program::stand_in();
    let request = Request::post(PROTOBUF, bomb(1_000)).with("Content-Encoding", "gzip");
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| assert_eq!(request.send(stand_in.otlp).status, 413));
        }
    });
    let peak = memory(stand_in.child.id(), "VmHWM");
    assert!(peak < ALLOWED, "{} MiB", peak / MIB);
}

#[test]
fn a_body_without_end_is_not_kept() {
    let stand_in = Program::stand_in();
    let endless = Request::post(JSON, vec![b' '; 60 * MIB]);
    for _ in 0..3 {
        // It is received for a while, and then the connection is closed under it.
        let answer = endless.try_send(stand_in.otlp);
        assert!(answer.is_none_or(|answer| answer.status == 413));
    }
    let peak = memory(stand_in.child.id(), "VmHWM");
    assert!(peak < ALLOWED, "{} MiB", peak / MIB);
}

#[test]
fn a_long_text_is_not_kept() {
    let stand_in = Program::stand_in();
    // 5 MB, whose text is 100 MB: a point without a value takes three bytes here, sixty there.
    let points = vec!["{}"; 500_000].join(",");
    let json = format!(
        r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"summary":{{"dataPoints":[{points}]}}}}]}}]}}]}}"#
    );
    assert_eq!(Request::post(JSON, json).send(stand_in.otlp).status, 200);
    let printed = stand_in.printed();
    assert!(printed > 60_000_000, "only {printed} bytes of text");
    let peak = memory(stand_in.child.id(), "VmHWM");
    assert!(peak < 2 * ALLOWED, "{} MiB", peak / MIB);
}
