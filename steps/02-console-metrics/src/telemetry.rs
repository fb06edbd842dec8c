//! The metrics: where they go, how often, and under which service name.

use std::{num::NonZeroU64, time::Duration};

use anyhow::Result;
use opentelemetry::global;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_stdout::MetricExporter;

use crate::variable;

const DEFAULT_INTERVAL: NonZeroU64 = NonZeroU64::new(5000).unwrap();

/// Starts the periodic export. Call `shutdown` on the returned provider, or the last metrics are
/// lost.
pub fn init() -> Result<SdkMeterProvider> {
    // The SDK would silently replace an invalid interval by 60 s, and at 0 export without a pause.
    let expected = "milliseconds, at least 1";
    let interval = variable("OTEL_METRIC_EXPORT_INTERVAL", DEFAULT_INTERVAL, expected)?;
    let service = variable("OTEL_SERVICE_NAME", "naughty-or-nice".to_string(), "UTF-8 text")?;

    let exporter = MetricExporter::default();
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
