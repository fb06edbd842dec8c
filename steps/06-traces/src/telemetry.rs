//! The telemetry: where it goes, how often, and under which service name.

use std::{env, io, num::NonZeroU64, time::Duration};

use anyhow::{Context, Result};
use axum::http::Uri;
use opentelemetry::global;
use opentelemetry_application_insights::Exporter;
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, exporter::PushMetricExporter};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::filter::LevelFilter;

use crate::{client::Client, traces, variable};

const DEFAULT_INTERVAL: NonZeroU64 = NonZeroU64::new(5000).unwrap();

/// Does not repeat the value of the variable: a connection string is a secret.
const NO_CONNECTION_STRING: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING is missing or invalid; \
    copy it from the Overview page of your Application Insights resource, or start the stand-in \
    (`cargo run -p app-insights`) and use the one that it prints, or set \
    OTEL_EXPORTER_OTLP_ENDPOINT to the address of a Collector";

/// Starts the export. Call `shutdown` on the returned providers, or the last telemetry is lost.
pub fn init() -> Result<(SdkMeterProvider, SdkTracerProvider)> {
    // The SDK would silently replace an invalid interval by 60 s, and at 0 export without a pause.
    let expected = "milliseconds, at least 1";
    let interval = variable("OTEL_METRIC_EXPORT_INTERVAL", DEFAULT_INTERVAL, expected)?;
    let service = variable("OTEL_SERVICE_NAME", "naughty-or-nice".to_string(), "UTF-8 text")?;

    report_problems();
    let resource = Resource::builder().with_service_name(service).build();
    if is_set("OTEL_EXPORTER_OTLP_ENDPOINT") && !is_set("APPLICATIONINSIGHTS_CONNECTION_STRING") {
        let metrics = MetricExporter::builder().with_http().with_http_client(Client::new()).build();
        let metrics = metrics.context("the endpoint should be like http://localhost:4318")?;
        let spans = SpanExporter::builder().with_http().with_http_client(Client::new()).build()?;
        return Ok((start(metrics, interval, &resource), traces::start(spans, &resource)));
    }
    let exporter = connection_string()
        .and_then(|string| Exporter::new_from_connection_string(string, Client::new()).ok())
        .context(NO_CONNECTION_STRING)?;
    Ok((start(exporter.clone(), interval, &resource), traces::start(exporter, &resource)))
}

fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}

fn start(
    exporter: impl PushMetricExporter,
    interval: NonZeroU64,
    resource: &Resource,
) -> SdkMeterProvider {
    let reader = PeriodicReader::builder(exporter)
        .with_interval(Duration::from_millis(interval.get()))
        .build();
    let provider =
        SdkMeterProvider::builder().with_resource(resource.clone()).with_reader(reader).build();
    global::set_meter_provider(provider.clone());
    provider
}

/// Prints the problems of the SDK. It reports them to `tracing`, which discards events that no
/// subscriber takes.
fn report_problems() {
    tracing_subscriber::fmt().with_max_level(LevelFilter::WARN).with_writer(io::stderr).init();
}

/// Reads the connection string. The exporter refuses a trailing `;`, which Azure's own examples
/// have, and panics at an endpoint that is not a URL, so both are handled here.
fn connection_string() -> Option<String> {
    let text = env::var("APPLICATIONINSIGHTS_CONNECTION_STRING").ok()?;
    let text = text.trim().trim_end_matches(';').trim();
    let is_valid = |field: &str| match field.to_lowercase().split_once('=') {
        Some(("instrumentationkey", key)) => !key.trim().is_empty(),
        Some(("ingestionendpoint", url)) => {
            url.trim().parse().is_ok_and(|url: Uri| url.scheme().is_some())
        }
        _ => true,
    };
    text.split(';').all(is_valid).then(|| text.to_string())
}
