//! The metrics: where they go, how often, and in whose name.

use std::{env, io, num::NonZeroU64, time::Duration};

use anyhow::{Context, Result};
use axum::http::Uri;
use opentelemetry::global;
use opentelemetry_application_insights::Exporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use tracing_subscriber::filter::LevelFilter;

use crate::{client::Client, variable};

const EVERY: NonZeroU64 = NonZeroU64::new(5000).unwrap();

/// Says what to do and not what it found: a connection string is a secret.
const NO_CONNECTION_STRING: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING is missing or broken; \
    copy it from the Overview page of your Application Insights resource, or start the stand-in \
    (`cargo run -p app-insights`) and use the one that it prints";

/// Starts exporting. Call `shutdown` on what it returns, or the last metrics are lost.
pub fn init() -> Result<SdkMeterProvider> {
    // Left to read this itself, the SDK replaces nonsense by a minute, and never pauses at 0.
    let every = variable("OTEL_METRIC_EXPORT_INTERVAL", EVERY, "milliseconds, at least 1")?;
    let service = variable("OTEL_SERVICE_NAME", "naughty-or-nice".to_string(), "UTF-8 text")?;

    // The SDK tells its troubles to `tracing`; without a subscriber nobody hears of them.
    tracing_subscriber::fmt().with_max_level(LevelFilter::WARN).with_writer(io::stderr).init();
    let exporter = connection_string()
        .and_then(|string| Exporter::new_from_connection_string(string, Client).ok())
        .context(NO_CONNECTION_STRING)?
        .with_retry_notify(|error, wait| eprintln!("{error}; next try in {wait:.1?}"));
    let every = Duration::from_millis(every.get());
    let provider = SdkMeterProvider::builder()
        .with_resource(Resource::builder().with_service_name(service).build())
        .with_reader(PeriodicReader::builder(exporter).with_interval(every).build())
        .build();
    global::set_meter_provider(provider.clone());
    Ok(provider)
}

/// Checked more closely than the exporter does, which panics at an endpoint that is no URL.
fn connection_string() -> Option<String> {
    let text = env::var("APPLICATIONINSIGHTS_CONNECTION_STRING").ok()?;
    // Azure's own examples end in `;`, which the exporter refuses.
    let text = text.trim().trim_end_matches(';').trim();
    let sound = |field: &str| match field.to_lowercase().split_once('=') {
        Some(("instrumentationkey", key)) => !key.trim().is_empty(),
        Some(("ingestionendpoint", url)) => {
            url.trim().parse().is_ok_and(|url: Uri| url.scheme().is_some())
        }
        _ => true,
    };
    text.split(';').all(sound).then(|| text.to_string())
}
