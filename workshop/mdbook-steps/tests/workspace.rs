//! The directives on this workspace: its own steps and snapshots.

use std::path::Path;

use mdbook_steps::{Steps, Used};

fn expand(text: &str) -> (String, Used) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    match Steps::new(root).expand(text, Path::new("chapter.md")) {
        Ok(expanded) => expanded,
        Err(errors) => panic!("{errors}"),
    }
}

#[test]
fn the_telemetry_of_the_console() {
    let (table, used) = expand("{{#telemetry step-02/console}}");
    for row in [
        "<td><code>http.server.request.duration</code><br>Duration of HTTP server requests.</td>\
         <td>histogram in <code>s</code></td>",
        "<td><code>http.server.active_requests</code><br>Number of active HTTP server requests.</td>\
         <td>up-down counter in <code>{request}</code></td>\
         <td><code>http.request.method</code><br><code>url.scheme</code></td><td>1</td>",
    ] {
        assert!(table.contains(row), "{row} in {table}");
    }
    assert!(!table.contains("service.name"), "that is the resource's: {table}");
    assert_eq!(Vec::from_iter(used.telemetry), ["steps/02-console-metrics/snapshots/console.snap"]);
}

#[test]
fn the_telemetry_of_the_collector_is_the_same_and_a_counter() {
    let (diff, _) = expand("{{#telemetry-diff step-02/console step-03/collector}}");
    assert!(
        diff.contains(
            "+ naughty_or_nice_counter: counter\n+   \"The count of naughty and nice\"\n\
             +   attribute value\n+   series value=naughty\n+   series value=nice\n"
        ),
        "{diff}"
    );
    assert!(diff.contains("  http.server.request.duration: histogram in s"), "{diff}");
    assert!(diff.contains("as before: 6 attributes, 2 series"), "{diff}");
    assert!(!diff.contains("\n-"), "nothing is dropped: {diff}");
}

#[test]
fn the_telemetry_of_application_insights_is_another() {
    let (diff, _) = expand("{{#telemetry-diff step-03/collector step-04/envelopes}}");
    for part in [
        "+ request-count: sum\n+   attribute http.response.status_code\n",
        "+ request-latency: histogram\n+   attribute http.response.status_code\n",
        "- naughty_or_nice_counter: counter",
    ] {
        assert!(diff.contains(part), "{part} in {diff}");
    }
    assert!(!diff.contains("telemetry.sdk"), "that is the resource's: {diff}");
}

#[test]
fn from_step_to_step() {
    for step in 1..5 {
        let (diff, used) = expand(&format!("{{{{#diff step-0{step} step-0{}}}}}", step + 1));
        assert!(diff.contains("```diff\n@@ -"), "{diff}");
        assert!(used.diffs.iter().any(|path| path.ends_with("src/main.rs")), "{used:?}");
        assert!(
            !used.diffs.iter().any(|path| path.ends_with("src/lib.rs")) || diff.contains("mod ")
        );
    }
}

#[test]
fn items_keys_and_versions() {
    let (text, used) = expand(
        "{{#listing step-04/latency.rs:Instruments::new}}\n\n\
         {{#listing step-04/latency.rs:Drop for Measurement}}\n\n\
         {{#listing otel-collector-config.yml:exporters}}\n\n\
         {{#listing step-02/Cargo.toml:dependencies}}\n\n\
         {{#version axum}} {{#version collector}} {{#version rust}}\n",
    );
    for part in [
        "```rust,ignore\npub fn new(meter: &Meter) -> Self {\n    let count",
        "```rust,ignore\nimpl Drop for Measurement {\n",
        "```yaml\nexporters:\n",
        "```toml\n[dependencies]\nanyhow",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(used.listings.len(), 3);
    assert_eq!(Vec::from_iter(used.versions), ["axum", "collector", "rust"]);
}

#[test]
fn what_is_written_by_hand() {
    let (_, used) = expand("a\n\n```console\n$ cargo run\n```\n\n{{#listing step-01/app.rs}}\n");
    assert_eq!(used.fences.len(), 1);
    let fence = &used.fences[0];
    assert_eq!((fence.line, &*fence.language, &*fence.text), (3, "console", "$ cargo run\n"));
}
