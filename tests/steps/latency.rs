//! Step 04's middleware on a clock that a test moves, and step 05's sleep.

use std::{io::Write, net::TcpStream, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
    middleware::from_fn_with_state,
    routing::get,
};
use harness::{
    Recorder,
    recorder::{Histogram, Temporality, Value},
};
use step_04::latency::{Instruments, measure};
use tokio::{net::TcpListener, time};
use tower::ServiceExt;

/// One data point of `request-latency`.
#[derive(Debug, PartialEq)]
struct Point {
    attributes: String,
    count: u64,
    /// The sum in milliseconds.
    total: f64,
}

/// All latencies so far. Asserts that the counter agrees with them.
fn latencies(recorder: &Recorder) -> Vec<Point> {
    let metrics = recorder.collect();
    let metrics: Vec<_> =
        metrics.iter().map(|it| (it.name.as_str(), it.unit.as_str(), it)).collect();
    let [("request-count", "{request}", count), ("request-latency", "ms", latency)] = metrics[..]
    else {
        panic!("other instruments: {metrics:?}");
    };
    assert!(!count.description.is_empty() && !latency.description.is_empty());
    let point = |(attributes, histogram): (&str, &Histogram)| Point {
        attributes: attributes.to_string(),
        count: histogram.count,
        total: histogram.sum,
    };
    let latencies: Vec<_> = latency.histograms().map(point).collect();
    let integer = |count: u64| Value::Integer(i64::try_from(count).unwrap());
    let counted = latencies.iter().map(|point| (&point.attributes, integer(point.count)));
    let counts = count.points.iter().map(|point| (&point.attributes, point.value.clone()));
    assert!(counts.eq(counted), "both instruments count the same requests: {metrics:?}");
    latencies
}

async fn ask(app: &Router, path: &str) -> StatusCode {
    let request = Request::get(path).body(Body::empty()).unwrap();
    app.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test(start_paused = true)]
async fn measures_in_milliseconds_on_tokios_clock() {
    let recorder = Recorder::new(Temporality::Cumulative);
    let app = Router::new()
        .route("/quick", get(async || "done"))
        .route("/slow", get(async || time::sleep(Duration::from_millis(1234)).await))
        .route("/broken", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .layer(from_fn_with_state(Instruments::new(&recorder.meter()), measure));
    for path in ["/quick", "/slow", "/slow", "/broken"] {
        ask(&app, path).await;
    }
    let expected = [("200", 3, 2468.0), ("500", 1, 0.0)].map(|(status, count, total)| Point {
        attributes: format!("http.response.status_code={status}"),
        count,
        total,
    });
    assert_eq!(latencies(&recorder), expected);
}

#[tokio::test(start_paused = true)]
async fn records_an_aborted_request() {
    let recorder = Recorder::new(Temporality::Cumulative);
    let app = Router::new()
        .route("/", get(std::future::pending::<&'static str>))
        .layer(from_fn_with_state(Instruments::new(&recorder.meter()), measure));
    let patience = Duration::from_millis(700);
    time::timeout(patience, ask(&app, "/")).await.unwrap_err();
    let expected = Point { attributes: "error.type=aborted".into(), count: 1, total: 700.0 };
    assert_eq!(latencies(&recorder), [expected]);
}

#[tokio::test]
async fn records_a_panic_and_keeps_serving() {
    let recorder = Recorder::new(Temporality::Cumulative);
    let app = Router::new()
        .route("/panic", get(async || -> &'static str { panic!("a handler's panic, on purpose") }))
        .route("/", get(async || "fine"))
        .layer(from_fn_with_state(Instruments::new(&recorder.meter()), measure));
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
    assert_eq!(panic, "", "the connection is closed without a response");
    assert!(fine.ends_with("fine"), "{fine}");
    let seen: Vec<_> = latencies(&recorder).into_iter().map(|p| (p.attributes, p.count)).collect();
    let expected = [("error.type=panic", 1), ("http.response.status_code=200", 1)];
    assert_eq!(seen, expected.map(|(attributes, count)| (attributes.to_string(), count)));
}

/// A hundred requests with more than two minutes of sleep, on a paused clock.
#[tokio::test(start_paused = true)]
async fn step_05_sleeps_up_to_three_seconds() {
    let _recorder = Recorder::global(Temporality::Delta);
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
