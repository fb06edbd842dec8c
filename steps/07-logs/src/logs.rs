//! The logs: the events of the app go to the back end, the problems of the SDK to stderr.

use std::io;

use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{LogExporter, SdkLoggerProvider};
use tracing_subscriber::{filter::LevelFilter, filter::Targets, fmt, prelude::*};

/// The target of an event begins with the name of its crate.
const APP: &str = env!("CARGO_CRATE_NAME");

pub fn start(exporter: impl LogExporter + 'static, resource: &Resource) -> SdkLoggerProvider {
    let provider = SdkLoggerProvider::builder()
        .with_resource(resource.clone())
        .with_batch_exporter(exporter)
        .build();
    // Without the filter, the report of a failed export would be the next export.
    let to_back_end = OpenTelemetryTracingBridge::new(&provider)
        .with_filter(Targets::new().with_target(APP, LevelFilter::INFO));
    let problems =
        Targets::new().with_default(LevelFilter::WARN).with_target(APP, LevelFilter::OFF);
    let to_stderr = fmt::layer().with_writer(io::stderr).with_filter(problems);
    tracing_subscriber::registry().with(to_back_end).with(to_stderr).init();
    provider
}
