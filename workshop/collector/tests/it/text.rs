//! A snapshot of the text for each payload of the corpus.
//!
//! `real_collector_text.rs` compares the text of the same payloads with that of the real Collector.
//! So these snapshots represent the real Collector on machines that lack it.

use collector::Encoding;

use crate::support::corpus::{LOGS, METRICS, SIGNALS, TRACES};

#[test]
fn text_of_every_payload_matches_its_snapshot() {
    for signal in SIGNALS {
        let mut settings = insta::Settings::clone_current();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots/");
        settings.set_snapshot_path(format!("{folder}{}", signal.name));
        settings.set_prepend_module_to_snapshot(false);
        let _bound = settings.bind_to_scope();
        for (name, json) in signal.by_hand() {
            let [ours, from_protobuf] = signal
                .both_encodings(&json)
                .map(|(encoding, body)| signal.print(encoding, &body).expect("a good payload"));
            assert_eq!(ours, from_protobuf, "{name} in JSON and in Protobuf");
            insta::assert_snapshot!(name, visible(&ours));
        }
    }
}

#[test]
fn requests_without_data_points_spans_or_records_print_nothing() {
    for (signal, json) in [
        (METRICS, "{}"),
        (METRICS, r#"{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "m"}]}]}]}"#),
        (TRACES, "{}"),
        (TRACES, r#"{"resourceSpans": [{"scopeSpans": [{"scope": {"name": "s"}}]}]}"#),
        (LOGS, "{}"),
        (LOGS, r#"{"resourceLogs": [{"scopeLogs": [{"scope": {"name": "s"}}]}]}"#),
    ] {
        let printed = signal.print(Encoding::Json, json.as_bytes());
        assert_eq!(printed.expect("a good payload"), "", "{json}");
    }
}

#[test]
fn snake_case_keys_are_ignored() {
    for (signal, json) in [
        (
            METRICS,
            r#"{"resource_metrics":[{"scope_metrics":[{"metrics":[{"sum":{"data_points":[{}]}}]}]}]}"#,
        ),
        (
            METRICS,
            r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"sum":{"data_points":[{}]}}]}]}]}"#,
        ),
        (TRACES, r#"{"resource_spans":[{"scopeSpans":[{"spans":[{}]}]}]}"#),
        (TRACES, r#"{"resourceSpans":[{"scope_spans":[{"spans":[{}]}]}]}"#),
        (LOGS, r#"{"resource_logs":[{"scopeLogs":[{"logRecords":[{}]}]}]}"#),
        (LOGS, r#"{"resourceLogs":[{"scopeLogs":[{"log_records":[{}]}]}]}"#),
    ] {
        let print = |json: &str| signal.print(Encoding::Json, json.as_bytes());
        assert_eq!(print(json).expect("unknown keys are skipped"), "", "{json}");
        let mut words = json.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        let camel_case =
            words.fold(first, |text, word| text + &word[..1].to_uppercase() + &word[1..]);
        assert_ne!(print(&camel_case).expect("a good payload"), "", "{camel_case}");
    }
}

/// Escapes each character that a terminal or git would not show.
fn visible(text: &str) -> String {
    let escaped = |c: char| {
        let plain = c == '\n' || c.is_ascii_graphic() || c == ' ';
        if plain { c.to_string() } else { c.escape_debug().to_string() }
    };
    text.chars().map(escaped).collect()
}
