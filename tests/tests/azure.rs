//! `azure/main.bicep`, which nobody here can deploy: whether it is Bicep at all, and whether its
//! rule still watches what step 05 measures. No Bicep compiler is at hand, so names and types of
//! properties go unchecked.

use std::{fs, time::Duration};

use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::{
    InMemoryMetricExporter, PeriodicReader, SdkMeterProvider,
    data::{ResourceMetrics, ScopeMetrics},
};
use step_05::latency::{Instruments, measure};
use tests::root;
use tower::ServiceExt;

fn bicep() -> String {
    fs::read_to_string(root().join("azure").join("main.bicep")).unwrap()
}

/// Whether a text follows Bicep's grammar.
fn is_bicep(text: &str) -> bool {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_bicep::LANGUAGE.into()).unwrap();
    !parser.parse(text, None).unwrap().root_node().has_error()
}

#[test]
fn it_is_bicep() {
    assert!(is_bicep(&bicep()));
    // It would notice a brace that is missing.
    assert!(!is_bicep(&bicep().replacen("allOf: [", "allOf: ", 1)));
}

/// The value of a property that there is once.
fn property(name: &str) -> String {
    let text = bicep();
    let values: Vec<_> =
        text.lines().filter_map(|line| line.trim().strip_prefix(&format!("{name}: "))).collect();
    assert_eq!(values.len(), 1, "{name}");
    values[0].trim_matches('\'').to_string()
}

#[tokio::test(start_paused = true)]
async fn its_rule_watches_what_step_05_measures() {
    let exporter = InMemoryMetricExporter::default();
    let hourly = Duration::from_secs(3600);
    let reader = PeriodicReader::builder(exporter.clone()).with_interval(hourly).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    let instruments = Instruments::new(&provider.meter("test"));
    let app = axum::Router::new()
        .route("/", axum::routing::get(async || "done"))
        .layer(axum::middleware::from_fn_with_state(instruments, measure));
    app.oneshot(axum::http::Request::get("/").body(axum::body::Body::empty()).unwrap())
        .await
        .unwrap();
    provider.force_flush().unwrap();

    let name = property("metricName");
    let finished = exporter.get_finished_metrics().unwrap();
    let mut metrics =
        finished.iter().flat_map(ResourceMetrics::scope_metrics).flat_map(ScopeMetrics::metrics);
    let metric = metrics.find(|metric| metric.name() == name).expect("the rule's metric is there");
    // A second, in the instrument's own unit.
    let second = match metric.unit() {
        "ms" => "1000",
        "s" => "1",
        unit => panic!("a latency in {unit}"),
    };
    assert_eq!(property("threshold"), second);
    assert_eq!(property("timeAggregation"), "Average");
    assert_eq!(property("operator"), "GreaterThan");
}
