//! The text itself: a snapshot for each payload of the corpus.
//!
//! `real_collector_text.rs` holds the same payloads against the real Collector, so these snapshots
//! are what that one prints, for those who do not have it.

mod common;

use collector::{Encoding, decode, print};
use common::{both_encodings, corpus};

#[test]
fn the_text_of_every_payload() {
    for (name, json) in corpus::by_hand() {
        let [ours, from_protobuf] = both_encodings(&json).map(|(content_type, body)| {
            let encoding = Encoding::from_content_type(content_type).expect("a content type");
            print(&decode(encoding, &body).expect("a good payload"))
        });
        assert_eq!(ours, from_protobuf, "{name} in JSON and in Protobuf");
        insta::assert_snapshot!(name, visible(&ours));
    }
}

#[test]
fn a_request_without_a_data_point_prints_nothing() {
    for json in ["{}", r#"{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "m"}]}]}]}"#]
    {
        assert_eq!(print(&decode(Encoding::Json, json.as_bytes()).expect("a good payload")), "");
    }
}

#[test]
fn keys_in_snake_case_are_unknown() {
    let json = r#"{"resource_metrics": [{"scope_metrics": [{"metrics": [
        {"gauge": {"data_points": [{"as_int": 1}]}}]}]}]}"#;
    let request = decode(Encoding::Json, json.as_bytes()).expect("unknown keys are skipped");
    assert_eq!(request.resource_metrics, []);
}

/// Shows what a terminal, or git, would not: every character but letters, digits, signs and line
/// feeds as its escape.
fn visible(text: &str) -> String {
    let escaped = |c: char| {
        let plain = c == '\n' || c.is_ascii_graphic() || c == ' ';
        if plain { c.to_string() } else { c.escape_debug().to_string() }
    };
    text.chars().map(escaped).collect()
}
