//! An app with a fault, chosen by the variable FAULT, for the tests of the check.
//!
//! Without a fault, the app is like step 03. FAULT can name several faults, separated by commas.

use std::{
    convert::Infallible,
    env,
    io::{Read as _, Write as _},
    net::TcpListener,
    process, thread,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    middleware::{Next, from_fn},
    response::{Html, IntoResponse as _, Redirect, Response},
    routing::get,
};
use opentelemetry::{KeyValue, global, metrics::Counter};
use opentelemetry_instrumentation_tower::http::server::Layer;
use opentelemetry_otlp::{MetricExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    metrics::{Instrument, PeriodicReader, SdkMeterProvider, Stream, Temporality},
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A fault of an app that never serves.
type Fault = fn() -> Result<Infallible>;

/// Whether the app has this fault.
fn has(fault: &str) -> bool {
    env::var("FAULT").is_ok_and(|faults| faults.split(',').any(|found| found == fault))
}

fn main() -> Result<()> {
    let bad_input: [(&str, Fault); 6] = [
        ("ends", ends),
        ("silent", || sleep_on()),
        ("ready-on-stdout", ready_on_stdout),
        ("garbage", garbage),
        ("ready-garbage", ready_garbage),
        ("mute", mute),
    ];
    for (fault, run) in bad_input {
        if has(fault) {
            run()?;
        }
    }
    // The SDK reports failed exports to `tracing` alone.
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let provider = telemetry()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve())?;
    if has("hangs") {
        sleep_on()?;
    }
    if !has("no-shutdown") && provider.shutdown().is_err() {
        eprintln!("the last metrics may be lost");
    }
    // Skip what the provider does when it is dropped.
    process::exit(0)
}

fn ends() -> Result<Infallible> {
    eprintln!("error: the answer is not 42");
    process::exit(3)
}

fn sleep_on() -> Result<Infallible> {
    loop {
        thread::park();
    }
}

fn ready_on_stdout() -> Result<Infallible> {
    println!("Listening on http://127.0.0.1:1");
    sleep_on()
}

fn garbage() -> Result<Infallible> {
    std::io::stderr().write_all(&[0xff, 0, b'\n', 0xfe])?;
    sleep_on()
}

/// Listens, and responds with something other than HTTP.
fn ready_garbage() -> Result<Infallible> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    eprintln!("Listening on http://{}", listener.local_addr()?);
    loop {
        let (mut connection, _) = listener.accept()?;
        // Read the whole request: otherwise a reset would discard the response.
        let _ = connection.read(&mut [0; 4096])?;
        connection.write_all(&[0xff; 100])?;
    }
}

/// Listens, but never responds.
fn mute() -> Result<Infallible> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    eprintln!("Listening on http://{}", listener.local_addr()?);
    sleep_on()
}

fn telemetry() -> Result<SdkMeterProvider> {
    let interval = env::var("OTEL_METRIC_EXPORT_INTERVAL")?;
    let interval: u64 = match interval.parse() {
        Ok(0) | Err(_) if has("any-interval") => 60_000,
        Ok(1..) if has("hour") => 3_600_000,
        Ok(interval @ 1..) => interval,
        Ok(0) | Err(_) => return Err("OTEL_METRIC_EXPORT_INTERVAL is invalid".into()),
    };
    if has("secret") {
        eprintln!("config: {:?}", env::var("OTEL_EXPORTER_OTLP_HEADERS"));
    }
    let mut builder = SdkMeterProvider::builder();
    if !has("no-name") {
        builder =
            builder.with_resource(Resource::builder().with_service_name("naughty-or-nice").build());
    }
    if has("default-buckets") {
        builder = builder.with_view(|instrument: &Instrument| {
            let buckets = opentelemetry_sdk::metrics::Aggregation::ExplicitBucketHistogram {
                boundaries: vec![0.0, 5.0, 10.0, 25.0],
                record_min_max: true,
            };
            let duration = instrument.name() == "http.server.request.duration";
            duration.then(|| Stream::builder().with_aggregation(buckets).build().ok()).flatten()
        });
    }
    let interval = Duration::from_millis(interval);
    let builder = if has("console") {
        let exporter = opentelemetry_stdout::MetricExporter::default();
        builder.with_reader(PeriodicReader::builder(exporter).with_interval(interval).build())
    } else {
        let reader = PeriodicReader::builder(exporter()?).with_interval(interval).build();
        builder.with_reader(reader)
    };
    let provider = builder.build();
    if !has("no-provider") {
        global::set_meter_provider(provider.clone());
    }
    Ok(provider)
}

fn exporter() -> Result<MetricExporter> {
    let mut exporter = MetricExporter::builder().with_http();
    if has("wrong-path") {
        exporter = exporter.with_endpoint(env::var("OTEL_EXPORTER_OTLP_ENDPOINT")?);
    }
    if has("wrong-port") {
        exporter = exporter.with_endpoint("http://127.0.0.1:9/v1/metrics");
    }
    if has("delta") {
        exporter = exporter.with_temporality(Temporality::Delta);
    }
    Ok(exporter.build()?)
}

async fn serve() -> Result<()> {
    let port: u16 = if has("port") { fixed_port()? } else { env::var("PORT")?.parse()? };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let stop = signals::stop()?;
    eprintln!("Listening on http://{}", listener.local_addr()?);
    if has("flood") {
        thread::spawn(|| {
            loop {
                println!("{}", "hello ".repeat(1000));
            }
        });
    }
    if has("panic") {
        thread::spawn(|| panic!("there is no reactor running"));
    }
    axum::serve(listener, app()).with_graceful_shutdown(stop).await?;
    Ok(())
}

fn fixed_port() -> Result<u16> {
    Ok(env::var("FIXED_PORT")?.parse()?)
}

fn app() -> Router {
    let name = if has("name") { "naughty_or_nice_count" } else { "naughty_or_nice_counter" };
    let meter = global::meter("naughty-or-nice");
    let counter = meter.u64_counter(name);
    let counter = if has("unit") { counter.with_unit("verdicts") } else { counter };
    let slash =
        |uri: axum::http::Uri| async move { Redirect::temporary(&format!("{}/", uri.path())) };
    let to_itself = |uri: axum::http::Uri| async move { Redirect::temporary(uri.path()) };
    let mut router = Router::new().route("/{name}/", get(verdict));
    if has("to-itself") {
        router = router.route("/{name}", get(to_itself));
    } else if !has("no-redirect") {
        router = router.route("/{name}", get(slash));
    }
    if !has("icon") {
        router = router.route("/favicon.ico", get(StatusCode::NOT_FOUND));
    }
    let mut router = router.fallback(StatusCode::NOT_FOUND).with_state(counter.build());
    if has("by-hand") {
        router = router.layer(from_fn(by_hand));
    } else if has("constant") {
        router = router.layer(from_fn(constant));
    } else {
        router = router.layer(Layer::new());
    }
    if has("layer-twice") {
        router = router.layer(Layer::new());
    }
    router
}

async fn verdict(
    State(counter): State<Counter<u64>>,
    Path(name): Path<String>,
) -> std::result::Result<Response, StatusCode> {
    let is_control = name.contains(char::is_control) && !has("control");
    if name.trim().is_empty() || is_control {
        return Err(StatusCode::BAD_REQUEST);
    }
    let value = match () {
        () if has("unbounded") => name.as_str(),
        () if has("variant") => "Nice",
        () if name.len().is_multiple_of(2) => "nice",
        () => "naughty",
    };
    let attributes =
        if has("attribute") { vec![] } else { vec![KeyValue::new("value", value.to_string())] };
    counter.add(if has("twice") { 2 } else { 1 }, &attributes);
    let word = match () {
        () if has("one-verdict") => "nice",
        () if has("sentence") => "good",
        () => value,
    };
    let name = if has("unescaped") { name.clone() } else { name.replace('<', "&lt;") };
    let page = format!("{name}, you have been very {word} this year!");
    Ok(if has("text") { page.into_response() } else { Html(page).into_response() })
}

/// Measures each request, and records the same value for all.
async fn constant(request: axum::extract::Request, next: Next) -> Response {
    let histogram =
        global::meter("mine").f64_histogram("http.server.request.duration").with_unit("s").build();
    let method = KeyValue::new("http.request.method", "GET");
    let started = Instant::now();
    let response = next.run(request).await;
    let _ = started.elapsed();
    let status = KeyValue::new("http.response.status_code", i64::from(response.status().as_u16()));
    histogram.record(0.000_01, &[method, status, KeyValue::new("url.scheme", "http")]);
    response
}

/// Prints a metric without measuring anything.
async fn by_hand(request: axum::extract::Request, next: Next) -> Response {
    println!(
        "Metrics\nResource\n\t ->  service.name=String(Owned(\"naughty-or-nice\"))\nMetric #0\n\
         \t\tName         : http.server.request.duration\n\t\tUnit         : s\n\
         \t\tType         : Histogram\n\t\tDataPoint #0\n\t\t\tCount        : 40\n\
         \t\t\tSum          : 0.004\n\t\t\tMin          : 0.0001\n\t\t\tMax          : 0.0002\n\
         \t\t\tAttributes   :\n\t\t\t\t ->  http.request.method: GET\n\
         \t\t\t\t ->  url.scheme: http\n\t\t\t\t ->  http.response.status_code: 200\n\
         \t\t\t\t ->  http.route: /{{name}}/"
    );
    next.run(request).await
}
