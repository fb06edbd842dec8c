//! The stand-in and the real Collector answer alike, and where they do not, the difference is
//! known, wanted, and in the README.
//!
//! Needs the real one: set `OTELCOL` to the path of its binary.

mod common;

use common::http::Request;
use common::program::Program;
use common::requests::{Class, cases};

#[test]
fn the_stand_in_answers_as_the_real_collector_but_for_known_differences() {
    let Some(real) = Program::real() else { return };
    let stand_in = Program::stand_in();
    let mut wrong = Vec::new();
    for case in cases() {
        let expected = [case.ours, case.theirs.unwrap_or(case.ours)];
        let answers = [&stand_in, &real].map(|program| case.request.send(program.otlp));
        for (answer, (who, expected)) in answers.iter().zip(["ours", "theirs"].iter().zip(expected))
        {
            let class = Class::of(answer, case.request.method == "HEAD");
            if class != Some(expected) {
                wrong.push(format!("{case}: {who} {class:?}, not {expected:?}: {}", answer.text()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn health_is_answered_alike() {
    let Some(real) = Program::real() else { return };
    let stand_in = Program::stand_in();
    for request in [Request::get("/"), Request::get("/any/path"), Request::post("text/plain", "x")]
    {
        let [ours, theirs] = [stand_in.health, real.health].map(|health| {
            let answer = request.send(health);
            (answer.status, answer.header("content-type").map(str::to_owned), shape(&answer.text()))
        });
        assert_eq!(ours, theirs, "{request:?}");
    }
}

/// The text with every digit a 0: `2026` becomes `0`, and so does `7`.
fn shape(text: &str) -> String {
    let mut shape = text.replace(|c: char| c.is_ascii_digit(), "0");
    while shape.contains("00") {
        shape = shape.replace("00", "0");
    }
    // Durations of a few milliseconds, and of seconds.
    shape.replace("0ms\"", "0s\"").replace("0µs\"", "0s\"")
}
