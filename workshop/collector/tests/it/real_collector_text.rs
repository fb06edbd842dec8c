//! The stand-in and the real Collector print the same text, byte for byte.

use crate::support::{
    corpus, post,
    program::Collector,
    requests::{JSON, PROTOBUF},
};

const RANDOM_PAYLOADS: u64 = 500;

#[test]
#[ignore = "needs a real Collector"]
fn prints_the_same_text_as_the_real_collector() {
    let Some(real) = Collector::real() else { return };
    let stand_in = Collector::stand_in();
    let by_hand = corpus::by_hand();
    assert!(by_hand.len() >= 30, "only {} payloads by hand", by_hand.len());
    let random = (0..RANDOM_PAYLOADS).map(|seed| (format!("seed {seed}"), corpus::random(seed)));

    let (mut texts, mut characters) = (0, 0);
    for (name, json) in by_hand.into_iter().chain(random) {
        for (content_type, body) in corpus::both_encodings(&json) {
            let [ours, theirs] = [&stand_in, &real].map(|program| {
                let printed = program.running.stdout_len();
                let answer = post(content_type, body.clone()).send(program.otlp).unwrap();
                assert_eq!(answer.status, 200, "{name} in {content_type}: {}", answer.text());
                program.stdout_from(printed)
            });
            assert!(ours == theirs, "{name} in {content_type}: {}", difference(&ours, &theirs));
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
    // A metric (resource_metrics, scope_metrics, metrics) with two members "gauge" of one point each.
    let gauge_twice = b"\x0a\x0c\x12\x0a\x12\x08\x2a\x02\x0a\x00\x2a\x02\x0a\x00";
    // Field 1000 of resource_metrics, and in it a metric with a gauge with a point.
    let field_1000 = b"\x0a\x09\xc2\x3e\x06\x12\x04\x2a\x02\x0a\x00";
    let snake_case = br#"{"resource_metrics":[{"scope_metrics":[{"metrics":[{"gauge":{"data_points":[{}]}}]}]}]}"#;
    for (what, content_type, body, ours, theirs) in [
        ("one member of a oneof twice", PROTOBUF, gauge_twice.as_slice(), 2, 1),
        ("field 1000", PROTOBUF, field_1000.as_slice(), 0, 1),
        ("snake_case", JSON, snake_case.as_slice(), 0, 1),
    ] {
        for (program, points) in [(&stand_in, ours), (&real, theirs)] {
            let printed = program.running.stdout_len();
            let answer = post(content_type, body).send(program.otlp).unwrap();
            assert_eq!(answer.status, 200, "{what}: {}", answer.text());
            let text = program.stdout_from(printed);
            assert_eq!(text.matches("NumberDataPoints #").count(), points, "{what}: {text}");
        }
    }
}

/// The first line that differs: a whole text may be too long to read.
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
