//! The metrics: where they go, how often, and under which service name.

use std::{env, io, num::NonZeroU64, time::Duration};

use anyhow::{Context, Result};
use axum::http::Uri;
use opentelemetry::global;
use opentelemetry_application_insights::Exporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use tracing_subscriber::filter::LevelFilter;

use crate::{client::Client, variable};

const DEFAULT_INTERVAL: NonZeroU64 = NonZeroU64::new(5000).unwrap();

/// Does not repeat the value of the variable: a connection string is a secret.
const NO_CONNECTION_STRING: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING is missing or invalid; \
    copy it from the Overview page of your Application Insights resource, or start the stand-in \
    (`cargo run -p app-insights`) and use the one that it prints";

/// Starts the periodic export. Call `shutdown` on the returned provider, or the last metrics are
/// lost.
pub fn init() -> Result<SdkMeterProvider> {
    // The SDK would silently replace an invalid interval by 60 s, and at 0 export without a pause.
    let expected = "milliseconds, at least 1";
    let interval = variable("OTEL_METRIC_EXPORT_INTERVAL", DEFAULT_INTERVAL, expected)?;
    let service = variable("OTEL_SERVICE_NAME", "naughty-or-nice".to_string(), "UTF-8 text")?;

    report_problems();
    let exporter = connection_string()
        .and_then(|string| Exporter::new_from_connection_string(string, Client::new()).ok())
        .context(NO_CONNECTION_STRING)?
        .with_retry_notify(|error, wait| eprintln!("{error}; next try in {wait:.1?}"));
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
