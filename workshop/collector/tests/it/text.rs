//! A snapshot of the text for each payload of the corpus.
//!
//! `real_collector_text.rs` compares the same payloads with the real Collector, so these snapshots
//! are the text of the real one, for machines that lack it.

use crate::support::corpus::{self, both_encodings};
use collector::{Encoding, decode, print};

#[test]
fn text_of_every_payload_matches_its_snapshot() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots/metrics"));
    settings.set_prepend_module_to_snapshot(false);
    let _bound = settings.bind_to_scope();
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
fn requests_without_data_points_print_nothing() {
    for json in ["{}", r#"{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "m"}]}]}]}"#]
    {
        assert_eq!(print(&decode(Encoding::Json, json.as_bytes()).expect("a good payload")), "");
    }
}

#[test]
fn snake_case_keys_are_ignored() {
    let json = r#"{"resource_metrics": [{"scope_metrics": [{"metrics": [
        {"gauge": {"data_points": [{"as_int": 1}]}}]}]}]}"#;
    let request = decode(Encoding::Json, json.as_bytes()).expect("unknown keys are skipped");
    assert_eq!(request.resource_metrics, []);
}

/// Escapes each character that a terminal or git would not show.
fn visible(text: &str) -> String {
    let escaped = |c: char| {
        let plain = c == '\n' || c.is_ascii_graphic() || c == ' ';
        if plain { c.to_string() } else { c.escape_debug().to_string() }
    };
    text.chars().map(escaped).collect()
}
