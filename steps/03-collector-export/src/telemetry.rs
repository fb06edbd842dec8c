//! The metrics: where they go, how often, and under which service name.

use std::{io, num::NonZeroU64, time::Duration};

use anyhow::{Context, Result};
use opentelemetry::global;
use opentelemetry_otlp::MetricExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::{fmt, prelude::*};

use crate::variable;

const DEFAULT_INTERVAL: NonZeroU64 = NonZeroU64::new(5000).unwrap();

/// Starts the periodic export. Call `shutdown` on the returned provider, or the last metrics are
/// lost.
pub fn init() -> Result<SdkMeterProvider> {
    // The SDK would silently replace an invalid interval by 60 s, and at 0 export without a pause.
    let expected = "milliseconds, at least 1";
    let interval = variable("OTEL_METRIC_EXPORT_INTERVAL", DEFAULT_INTERVAL, expected)?;
    let service = variable("OTEL_SERVICE_NAME", "naughty-or-nice".to_string(), "UTF-8 text")?;

    report_problems();
    let exporter = MetricExporter::builder()
        .with_http()
        .build()
        .context("the endpoint should be like http://localhost:4318")?;
    let reader = PeriodicReader::builder(exporter)
        .with_interval(Duration::from_millis(interval.get()))
        .build();
    let provider = SdkMeterProvider::builder()
        .with_resource(Resource::builder().with_service_name(service).build())
        .with_reader(reader)
        .build();
    global::set_meter_provider(provider.clone());
    Ok(provider)
}

/// Prints the problems of the SDK. It reports them to `tracing`, which discards events that no
/// subscriber takes.
fn report_problems() {
    // The exporter names the endpoint only in a DEBUG event (opentelemetry-rust#3360).
    let problems = filter_fn(|event| {
        *event.level() <= LevelFilter::WARN || event.name() == "HttpClient.NetworkError"
    });
    let stderr = fmt::layer().with_writer(io::stderr).with_filter(problems);
    tracing_subscriber::registry().with(stderr).init();
}
