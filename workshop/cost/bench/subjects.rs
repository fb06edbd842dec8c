//! The subjects that are measured in process: apps that answer a request, and single API calls.

use std::{convert::Infallible, sync::Once, time::Duration};

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::{Router, body::Body};
use opentelemetry::metrics::MeterProvider;
use opentelemetry::trace::{Span, Tracer, TracerProvider};
use opentelemetry::{KeyValue, global};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_instrumentation_tower::http::server::LayerBuilder;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter, SdkLoggerProvider};
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tokio::runtime::{self, Runtime};
use tower::{Service, ServiceExt, layer::layer_fn, util::MapFutureLayer};
use tower_otel::metrics::HttpLayer;
use tracing_subscriber::layer::SubscriberExt;

use crate::lean::Measured;

/// Work that can be repeated a number of times.
pub type Subject = Box<dyn FnMut(&Runtime, u32)>;

/// A call of the API, with the number of the call.
type Call = Box<dyn FnMut(u32)>;

/// A name, and the function that creates its value.
type Named<T> = (&'static str, fn() -> T);

/// An interval so long that no export happens during a measurement.
const NEVER: Duration = Duration::from_secs(86_400);
/// An interval far shorter than in any app. It is 5 s in the steps and usually 60 s.
const OFTEN: Duration = Duration::from_millis(10);

/// The apps. All others have the routes of the first one.
pub const APPS: [Named<Router>; 12] = [
    ("no telemetry", step_01::app::app),
    ("an empty middleware, from_fn", || step_01::app::app().route_layer(from_fn(pass))),
    ("an empty middleware, MapFuture", || {
        step_01::app::app().route_layer(MapFutureLayer::new(|response| response))
    }),
    ("the middleware of step 04", || with_meters(NEVER, step_04::app::app)),
    ("the same while exporting", || with_meters(OFTEN, step_04::app::app)),
    ("the layer of step 02", || with_meters(NEVER, step_02::app::app)),
    ("the layer while exporting", || with_meters(OFTEN, step_02::app::app)),
    ("the layer without any provider", || {
        global::set_meter_provider(opentelemetry::metrics::noop::NoopMeterProvider::new());
        step_02::app::app()
    }),
    ("the layer's metrics, no span", || {
        let meter = meters(NEVER).meter("cost");
        step_01::app::app().layer(layer_fn(move |inner| Measured::new(inner, &meter)))
    }),
    ("the layer of tower-otel", || {
        step_01::app::app().layer(HttpLayer::server(&meters(NEVER).meter("cost")))
    }),
    ("a span, by the layer of step 06", || {
        global::set_tracer_provider(tracers());
        let layer = LayerBuilder::builder().with_metrics(false).build().expect("a valid layer");
        step_01::app::app().layer(layer)
    }),
    ("a log, as in step 07", || step_01::app::app().route_layer(from_fn(log))),
];

/// Single calls.
pub const CALLS: [Named<Call>; 14] = [
    ("a counter, 1 series", || counter(1, NEVER)),
    ("a counter, 10 series", || counter(10, NEVER)),
    ("a counter, 2,000 series", || counter(2000, NEVER)),
    ("a counter, 10 series, exporting", || counter(10, OFTEN)),
    ("a counter, 2,000 series, exporting", || counter(2000, OFTEN)),
    ("a bound counter", || {
        let counter = meters(NEVER).meter("cost").u64_counter("count").build();
        let bound = counter.bind(&[KeyValue::new("number", 1)]);
        Box::new(move |_| bound.add(1))
    }),
    ("a histogram, 1 series", || histogram(1, NEVER)),
    ("a histogram, 10 series", || histogram(10, NEVER)),
    ("a histogram, 2,000 series", || histogram(2000, NEVER)),
    ("a histogram, 10 series, exporting", || histogram(10, OFTEN)),
    ("a histogram, 6 attributes", || {
        let histogram = meters(NEVER).meter("cost").f64_histogram("time").build();
        let attributes = ["protocol", "version", "scheme", "method", "status", "route"];
        let attributes = attributes.map(|name| KeyValue::new(name, "value"));
        Box::new(move |number| histogram.record(f64::from(number % 4000), &attributes))
    }),
    ("a bound histogram", || {
        let histogram = meters(NEVER).meter("cost").f64_histogram("time").build();
        let bound = histogram.bind(&[KeyValue::new("number", 1)]);
        Box::new(move |number| bound.record(f64::from(number % 4000)))
    }),
    ("a span", || {
        let tracer = tracers().tracer("cost");
        Box::new(move |_| tracer.start("decide").end())
    }),
    ("a log", || Box::new(|_| tracing::info!(verdict.value = "nice", "a verdict was given"))),
];

/// Visits to an app.
pub fn app(build: fn() -> Router) -> Subject {
    // Like `axum::serve`: otherwise, each request would wrap the handlers in their layers again.
    let mut app = build().with_state(());
    Box::new(move |runtime, times| {
        runtime.block_on(async {
            for _ in 0..times {
                visit(&mut app).await;
            }
        });
    })
}

/// Calls of the API.
pub fn call(build: fn() -> Call) -> Subject {
    let mut call = build();
    Box::new(move |_, times| (0..times).for_each(&mut call))
}

/// The runtime of the steps.
pub fn runtime() -> Runtime {
    runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Sends logs to the bridge of step 07. Without it, a log costs nearly nothing.
pub fn take_logs() {
    static ONCE: Once = Once::new();
    ONCE.call_once(start_bridge);
}

fn start_bridge() {
    let provider = SdkLoggerProvider::builder().with_batch_exporter(Nowhere).build();
    let bridge = OpenTelemetryTracingBridge::new(&provider);
    let subscriber = tracing_subscriber::registry().with(bridge);
    tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
}

async fn visit(app: &mut Router) {
    let request = Request::get("/Ada/").body(Body::empty()).expect("a valid request");
    let service = ServiceExt::<Request>::ready(app).await;
    let response = service.unwrap_or_else(|never| match never {}).call(request).await;
    drop(response.unwrap_or_else(|never: Infallible| match never {}));
}

async fn pass(request: Request, next: Next) -> axum::response::Response {
    next.run(request).await
}

async fn log(request: Request, next: Next) -> axum::response::Response {
    tracing::info!(verdict.value = "nice", "a verdict was given");
    next.run(request).await
}

fn counter(series: u32, interval: Duration) -> Call {
    let counter = meters(interval).meter("cost").u64_counter("count").build();
    Box::new(move |number| counter.add(1, &[KeyValue::new("number", i64::from(number % series))]))
}

fn histogram(series: u32, interval: Duration) -> Call {
    let histogram = meters(interval).meter("cost").f64_histogram("time").build();
    Box::new(move |number| {
        let series = KeyValue::new("number", i64::from(number % series));
        histogram.record(f64::from(number % 4000), &[series]);
    })
}

fn with_meters(interval: Duration, app: fn() -> Router) -> Router {
    global::set_meter_provider(meters(interval));
    app()
}

fn meters(interval: Duration) -> SdkMeterProvider {
    let reader = PeriodicReader::builder(Nowhere).with_interval(interval).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    // A dropped provider would stop its reader. The leak does not matter: the program ends soon.
    std::mem::forget(provider.clone());
    provider
}

fn tracers() -> SdkTracerProvider {
    let provider = SdkTracerProvider::builder().with_batch_exporter(Nowhere).build();
    std::mem::forget(provider.clone());
    provider
}

/// Accepts all telemetry and discards it, so that only the work in the app is measured.
#[derive(Debug)]
struct Nowhere;

impl PushMetricExporter for Nowhere {
    async fn export(&self, _: &ResourceMetrics) -> OTelSdkResult {
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

impl SpanExporter for Nowhere {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}

impl LogExporter for Nowhere {
    async fn export(&self, _: LogBatch<'_>) -> OTelSdkResult {
        Ok(())
    }
}
