//! The traces: how ended spans are sent, and how a trace continues in another process.

use opentelemetry::global;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanExporter};

pub fn start(exporter: impl SpanExporter + 'static, resource: &Resource) -> SdkTracerProvider {
    // Keeps 2048 ended spans at most. A thread of its own sends them, at the latest after 5 s.
    let provider = SdkTracerProvider::builder()
        .with_resource(resource.clone())
        .with_batch_exporter(exporter)
        .build();
    global::set_tracer_provider(provider.clone());
    // Without a propagator, the header `traceparent` is neither sent nor read.
    global::set_text_map_propagator(TraceContextPropagator::new());
    provider
}
