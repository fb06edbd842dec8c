//! The metrics: where they go, how often, and in whose name.

use std::{io, num::NonZeroU64, time::Duration};

use anyhow::{Context, Result};
use opentelemetry::global;
use opentelemetry_otlp::{MetricExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use tracing_subscriber::filter::LevelFilter;

use crate::{client::Client, variable};

const EVERY: NonZeroU64 = NonZeroU64::new(5000).unwrap();

/// Starts exporting. Call `shutdown` on what it returns, or the last metrics are lost.
pub fn init() -> Result<SdkMeterProvider> {
    // Left to read this itself, the SDK replaces nonsense by a minute, and never pauses at 0.
    let every = variable("OTEL_METRIC_EXPORT_INTERVAL", EVERY, "milliseconds, at least 1")?;
    let service = variable("OTEL_SERVICE_NAME", "naughty-or-nice".to_string(), "UTF-8 text")?;

    // The SDK tells its troubles to `tracing`; without a subscriber nobody hears of them.
    tracing_subscriber::fmt().with_max_level(LevelFilter::WARN).with_writer(io::stderr).init();
    let exporter = MetricExporter::builder().with_http().with_http_client(Client).build();
    let exporter = exporter.context("the endpoint should be like http://localhost:4318")?;
    let every = Duration::from_millis(every.get());
    let provider = SdkMeterProvider::builder()
        .with_resource(Resource::builder().with_service_name(service).build())
        .with_reader(PeriodicReader::builder(exporter).with_interval(every).build())
        .build();
    global::set_meter_provider(provider.clone());
    Ok(provider)
}
