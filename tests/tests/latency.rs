//! Step 04's middleware on a clock that stands still unless told otherwise, and step 05's sleep.

use std::{io::Write, net::TcpStream, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
    middleware::from_fn_with_state,
    routing::get,
};
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::{
    InMemoryMetricExporter, PeriodicReader, SdkMeterProvider,
    data::{AggregatedMetrics, HistogramDataPoint, MetricData, ScopeMetrics, SumDataPoint},
};
use step_04::latency::{Instruments, measure};
use tokio::{net::TcpListener, time};
use tower::ServiceExt;

/// A meter provider that exports when asked, and where it exports to.
struct Recorder {
    provider: SdkMeterProvider,
    exporter: InMemoryMetricExporter,
}

/// One data point of either instrument.
#[derive(Debug, PartialEq)]
struct Point {
    attributes: String,
    count: u64,
    /// In milliseconds.
    total: f64,
}

impl Recorder {
    fn new() -> Self {
        let exporter = InMemoryMetricExporter::default();
        let hourly = Duration::from_secs(3600);
        let reader = PeriodicReader::builder(exporter.clone()).with_interval(hourly).build();
        Self { provider: SdkMeterProvider::builder().with_reader(reader).build(), exporter }
    }

    fn instruments(&self) -> Instruments {
        Instruments::new(&self.provider.meter("test"))
    }

    /// All latencies so far, after making sure that the counter agrees with them.
    fn latencies(&self) -> Vec<Point> {
        self.exporter.reset();
        self.provider.force_flush().unwrap();
        let (mut counts, mut latencies) = (Vec::new(), Vec::new());
        for resource in self.exporter.get_finished_metrics().unwrap() {
            for metric in resource.scope_metrics().flat_map(ScopeMetrics::metrics) {
                match (metric.name(), metric.unit(), metric.data()) {
                    (
                        "request-count",
                        "{request}",
                        AggregatedMetrics::U64(MetricData::Sum(sum)),
                    ) => {
                        counts.extend(sum.data_points().map(count));
                    }
                    (
                        "request-latency",
                        "ms",
                        AggregatedMetrics::F64(MetricData::Histogram(histogram)),
                    ) => latencies.extend(histogram.data_points().map(latency)),
                    other => panic!("an instrument nobody spoke of: {other:?}"),
                }
                assert!(!metric.description().is_empty());
            }
        }
        latencies.sort_by(|a, b| a.attributes.cmp(&b.attributes));
        counts.sort();
        let counted: Vec<_> = latencies.iter().map(|p| (p.attributes.clone(), p.count)).collect();
        assert_eq!(counts, counted, "both instruments tell of the same requests");
        latencies
    }
}

fn attributes<'a>(all: impl Iterator<Item = &'a opentelemetry::KeyValue>) -> String {
    all.map(|kv| format!("{}={}", kv.key, kv.value)).collect::<Vec<_>>().join(" ")
}

fn count(point: &SumDataPoint<u64>) -> (String, u64) {
    (attributes(point.attributes()), point.value())
}

fn latency(point: &HistogramDataPoint<f64>) -> Point {
    Point { attributes: attributes(point.attributes()), count: point.count(), total: point.sum() }
}

async fn ask(app: &Router, path: &str) -> StatusCode {
    let request = Request::get(path).body(Body::empty()).unwrap();
    app.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test(start_paused = true)]
async fn measures_in_milliseconds_on_tokios_clock() {
    let recorder = Recorder::new();
    let app = Router::new()
        .route("/quick", get(async || "done"))
        .route("/slow", get(async || time::sleep(Duration::from_millis(1234)).await))
        .route("/broken", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .layer(from_fn_with_state(recorder.instruments(), measure));
    for path in ["/quick", "/slow", "/slow", "/broken"] {
        ask(&app, path).await;
    }
    let expected = [("200", 3, 2468.0), ("500", 1, 0.0)].map(|(status, count, total)| Point {
        attributes: format!("http.response.status_code={status}"),
        count,
        total,
    });
    assert_eq!(recorder.latencies(), expected);
}

#[tokio::test(start_paused = true)]
async fn records_a_client_that_gave_up() {
    let recorder = Recorder::new();
    let app = Router::new()
        .route("/", get(std::future::pending::<&'static str>))
        .layer(from_fn_with_state(recorder.instruments(), measure));
    let patience = Duration::from_millis(700);
    time::timeout(patience, ask(&app, "/")).await.unwrap_err();
    let expected = Point { attributes: "error.type=aborted".into(), count: 1, total: 700.0 };
    assert_eq!(recorder.latencies(), [expected]);
}

#[tokio::test]
async fn records_a_panic_and_serves_on() {
    let recorder = Recorder::new();
    let app = Router::new()
        .route("/panic", get(async || -> &'static str { panic!("a handler's panic, on purpose") }))
        .route("/", get(async || "fine"))
        .layer(from_fn_with_state(recorder.instruments(), measure));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, app).into_future());
    let answer = tokio::task::spawn_blocking(move || {
        [b"GET /panic HTTP/1.1\r\nHost: a\r\n\r\n".as_slice(), b"GET / HTTP/1.0\r\n\r\n"].map(
            |head| {
                let mut client = TcpStream::connect(address).unwrap();
                client.write_all(head).unwrap();
                std::io::read_to_string(client).unwrap()
            },
        )
    });
    let [panic, fine] = answer.await.unwrap();
    assert_eq!(panic, "", "the connection is closed without an answer");
    assert!(fine.ends_with("fine"), "{fine}");
    let seen: Vec<_> = recorder.latencies().into_iter().map(|p| (p.attributes, p.count)).collect();
    let expected = [("error.type=panic", 1), ("http.response.status_code=200", 1)];
    assert_eq!(seen, expected.map(|(attributes, count)| (attributes.to_string(), count)));
}

/// A hundred requests with more than two minutes of sleep, in no time.
#[tokio::test(start_paused = true)]
async fn step_05_sleeps_up_to_three_seconds() {
    fastrand::seed(1);
    let app = step_05::app::app();
    let mut slept = Vec::new();
    for _ in 0..100 {
        let started = time::Instant::now();
        assert_eq!(ask(&app, "/Ada/").await, StatusCode::OK);
        slept.push(started.elapsed().as_millis());
    }
    for expected in [0, 1000, 2000, 3000] {
        assert!(slept.contains(&expected), "{slept:?}");
    }
    assert!(slept.iter().all(|slept| slept % 1000 == 0 && *slept <= 3000), "{slept:?}");
    let average = slept.iter().sum::<u128>() / 100;
    assert!(average > 1000, "the alert is on an average above 1000 ms, not {average} ms");
}
