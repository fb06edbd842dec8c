//! The stand-in and the real Collector print the same text, byte for byte.

use harness::http::Request;

use crate::support::{
    corpus::{LOGS, METRICS, Signal, TRACES},
    program::Collector,
    requests::{JSON, PROTOBUF},
};

const RANDOM_PAYLOADS: u64 = 500;

#[test]
#[ignore = "needs a real Collector"]
fn prints_the_same_metrics_as_the_real_collector() {
    prints_the_same_text_as_the_real_collector(&METRICS, 30);
}

#[test]
#[ignore = "needs a real Collector"]
fn prints_the_same_traces_as_the_real_collector() {
    prints_the_same_text_as_the_real_collector(&TRACES, 10);
}

#[test]
#[ignore = "needs a real Collector"]
fn prints_the_same_logs_as_the_real_collector() {
    prints_the_same_text_as_the_real_collector(&LOGS, 10);
}

fn prints_the_same_text_as_the_real_collector(signal: &Signal, expected_by_hand: usize) {
    let Some(real) = Collector::real() else { return };
    let stand_in = Collector::stand_in();
    let by_hand = signal.by_hand();
    assert!(by_hand.len() >= expected_by_hand, "only {} payloads by hand", by_hand.len());
    let random = (0..RANDOM_PAYLOADS).map(|seed| (format!("seed {seed}"), signal.random(seed)));

    let (mut texts, mut characters) = (0, 0);
    for (name, json) in by_hand.into_iter().chain(random) {
        for (encoding, body) in signal.both_encodings(&json) {
            let request = Request::post(signal.path, encoding.content_type(), body);
            let [ours, theirs] = [&stand_in, &real].map(|program| {
                let printed = program.running.stdout_len();
                let answer = request.send(program.otlp).unwrap();
                assert_eq!(answer.status, 200, "{name} in {encoding:?}: {}", answer.text());
                program.stdout_from(printed)
            });
            assert!(ours == theirs, "{name} in {encoding:?}: {}", difference(&ours, &theirs));
            texts += usize::from(!theirs.is_empty());
            characters += theirs.len();
        }
    }
    assert!(texts > 800 && characters > 1_000_000, "only {texts} texts, {characters} characters");
}

/// The README lists these differences. An upgrade that removes one of them fails here.
#[test]
#[ignore = "needs a real Collector"]
fn text_differs_where_the_readme_says_so() {
    let Some(real) = Collector::real() else { return };
    let stand_in = Collector::stand_in();
    // resource_metrics, scope_metrics and metrics have the field numbers 1, 2 and 2, as do the
    // corresponding fields of the other signals.
    //
    // A metric with two members "gauge" of one point each.
    let gauge_twice = b"\x0a\x0c\x12\x0a\x12\x08\x2a\x02\x0a\x00\x2a\x02\x0a\x00";
    // A log record with a body that has two members "array_value" of one value each.
    let array_twice = b"\x0a\x0e\x12\x0c\x12\x0a\x2a\x08\x2a\x02\x0a\x00\x2a\x02\x0a\x00";
    // Field 1000 of the resource, which contains a metric with a gauge with a point.
    let field_1000 = b"\x0a\x09\xc2\x3e\x06\x12\x04\x2a\x02\x0a\x00";
    // The same with an empty span or log record.
    let field_1000_empty = b"\x0a\x05\xc2\x3e\x02\x12\x00";
    let metrics = br#"{"resource_metrics":[{"scope_metrics":[{"metrics":[{"gauge":{"data_points":[{}]}}]}]}]}"#;
    let spans = br#"{"resource_spans":[{"scope_spans":[{"spans":[{}]}]}]}"#;
    let records = br#"{"resource_logs":[{"scope_logs":[{"log_records":[{}]}]}]}"#;
    for (signal, content_type, body, line, ours, theirs) in [
        (METRICS, PROTOBUF, gauge_twice.as_slice(), "NumberDataPoints #", 2, 1),
        (LOGS, PROTOBUF, array_twice, "Body: Slice([null,null])", 1, 0),
        (METRICS, PROTOBUF, field_1000, "NumberDataPoints #", 0, 1),
        (TRACES, PROTOBUF, field_1000_empty, "Span #", 0, 1),
        (LOGS, PROTOBUF, field_1000_empty, "LogRecord #", 0, 1),
        (METRICS, JSON, metrics, "NumberDataPoints #", 0, 1),
        (TRACES, JSON, spans, "Span #", 0, 1),
        (LOGS, JSON, records, "LogRecord #", 0, 1),
    ] {
        for (program, lines) in [(&stand_in, ours), (&real, theirs)] {
            let printed = program.running.stdout_len();
            let answer = Request::post(signal.path, content_type, body).send(program.otlp).unwrap();
            assert_eq!(answer.status, 200, "{line}: {}", answer.text());
            let text = program.stdout_from(printed);
            assert_eq!(text.matches(line).count(), lines, "{}: {text}", body.escape_ascii());
        }
    }
}

/// The first line that differs, because a whole text may be too long to read.
fn difference(ours: &str, theirs: &str) -> String {
    let lines = ours.split('\n').zip(theirs.split('\n')).enumerate();
    let first = lines.into_iter().find(|(_, (ours, theirs))| ours != theirs);
    match first {
        Some((line, (ours, theirs))) => {
            format!("line {}:\n ours: {ours:?}\ntheirs: {theirs:?}", line + 1)
        }
        None => format!("ours has {} bytes, theirs {}", ours.len(), theirs.len()),
    }
}
