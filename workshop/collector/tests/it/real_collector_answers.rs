//! The stand-in and the real Collector send the same responses, except where the README lists a
//! difference.

use harness::http::Request;

use crate::support::{
    post,
    program::Collector,
    requests::{Class, cases},
};

#[test]
#[ignore = "needs a real Collector"]
fn answers_like_the_real_collector_except_for_listed_differences() {
    let Some(real) = Collector::real() else { return };
    let stand_in = Collector::stand_in();
    let mut wrong = Vec::new();
    for case in cases() {
        let expected = [case.ours, case.theirs.unwrap_or(case.ours)];
        let answers = [&stand_in, &real].map(|program| case.request.send(program.otlp).unwrap());
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
#[ignore = "needs a real Collector"]
fn answers_health_checks_like_the_real_collector() {
    let Some(real) = Collector::real() else { return };
    let stand_in = Collector::stand_in();
    for request in [Request::get("/"), Request::get("/any/path"), post("text/plain", "x")] {
        let [ours, theirs] = [stand_in.health, real.health].map(|health| {
            let answer = request.send(health).unwrap();
            (answer.status, answer.header("content-type").map(str::to_owned), shape(&answer.text()))
        });
        assert_eq!(ours, theirs, "{request:?}");
    }
}

/// The text with each run of digits replaced by `0`: both `2026` and `7` become `0`.
fn shape(text: &str) -> String {
    let mut shape = text.replace(|c: char| c.is_ascii_digit(), "0");
    while shape.contains("00") {
        shape = shape.replace("00", "0");
    }
    // Durations of a few milliseconds, and of seconds.
    shape.replace("0ms\"", "0s\"").replace("0µs\"", "0s\"")
}
