//! The known defects of opentelemetry-instrumentation-tower. When an upgrade repairs one, its test
//! fails, and the remark in the steps and in the book can go.

use std::{
    io::Write,
    net::TcpStream,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use axum::{Router, routing::get};
use harness::{
    Answer, Program, Recorder,
    recorder::{Metric, Temporality},
};
use opentelemetry_instrumentation_tower::http::server::Layer;
use tests::{Session, Span, spans};
use tokio::net::TcpListener;

/// The output of step 02 after these requests.
fn console(requests: &[&str]) -> String {
    let session = Session::start(2).unwrap();
    for request in requests {
        let head = format!("{request} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        session.step.raw(head.as_bytes()).unwrap();
    }
    session.stop().unwrap().0.stdout
}

#[test]
fn url_scheme_is_empty() {
    assert!(console(&["GET /Ada/"]).contains("url.scheme: \n"));
}

#[test]
fn unknown_methods_are_recorded_as_sent() {
    assert!(console(&["FOOBAR /Ada/"]).contains("http.request.method: FOOBAR\n"));
}

#[test]
fn server_and_error_attributes_are_missing() {
    let text = console(&["GET /Ada/", "POST /Ada/", "GET /%FF/"]);
    for attribute in ["server.address", "server.port", "error.type"] {
        assert!(!text.contains(attribute), "{text}");
    }
}

/// Not a defect: without this, a client could choose the attribute.
#[test]
fn an_unmatched_path_has_no_route() {
    let text = console(&["GET /a/b/c"]);
    assert!(text.contains("http.response.status_code: 404"), "{text}");
    assert!(!text.contains("http.route"), "{text}");
}

/// The only server span of step 06 after this request. The client disconnects without waiting for
/// the response.
fn server_span(request: &str, set_up: impl Fn(Program) -> Program) -> Span {
    let Session { step, backend, .. } = Session::with(6, set_up, |_| Answer::Status(200)).unwrap();
    let mut client = step.connect().unwrap();
    client.write_all(format!("{request} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).unwrap();
    // The app accepts connections in order: this response shows that the other request has begun.
    step.get("/favicon.ico").unwrap();
    drop(client);
    assert!(step.stop().unwrap().status.success());
    let spans = spans(&backend.requests());
    let mut found = spans.into_iter().filter(|span| span.kind == "SERVER");
    found.find(|span| !span.name.contains("favicon")).expect("a span of the request")
}

#[test]
fn span_lacks_attributes_that_the_conventions_require() {
    let span = server_span("FOOBAR /Ada/", |program| program);
    assert_eq!(span.attributes["url.scheme"], "");
    // The conventions require `_OTHER`, and the name `HTTP /{name}/`.
    assert_eq!(span.attributes["http.request.method"], "FOOBAR");
    assert_eq!(span.name, "FOOBAR /{name}/");
    for missing in ["server.address", "server.port", "network.protocol.version", "client.address"] {
        assert!(!span.attributes.contains_key(missing), "{span:?}");
    }
}

/// Not a defect: the conventions require the path, so the visitor's name leaves the machine.
#[test]
fn span_has_the_name_of_the_visitor() {
    let span = server_span("GET /Rumpelstiltskin/", |program| program);
    let with_name: Vec<_> =
        span.attributes.iter().filter(|(_, value)| value.contains("Rumpel")).collect();
    assert_eq!(with_name, [(&"url.path".to_string(), &"/Rumpelstiltskin/".to_string())]);
}

/// The span of an aborted request ends, but it looks like the span of an unanswered request: no
/// status code, no `error.type`.
#[test]
fn span_of_an_aborted_request_has_no_error() {
    let seed = (0..1000).find(|&seed| fastrand::Rng::with_seed(seed).u64(0..=3) == 3).unwrap();
    let span = server_span("GET /Ada/", |program| program.env("SEED", seed.to_string()));
    assert!(!span.failed && !span.attributes.contains_key("error.type"), "{span:?}");
    assert!(!span.attributes.contains_key("http.response.status_code"), "{span:?}");
}

/// The value of `http.server.active_requests`, and the number of recorded durations.
fn active_and_done(recorder: &Recorder) -> (usize, u64) {
    let metrics = recorder.collect();
    let total =
        |name: &str| metrics.iter().find(|metric| metric.name == name).map_or(0, Metric::total);
    let active = usize::try_from(total("http.server.active_requests")).unwrap();
    (active, total("http.server.request.duration"))
}

/// The number of handlers that have ended, including those that panicked or were aborted.
static ENDED: AtomicUsize = AtomicUsize::new(0);

struct Ending;

impl Drop for Ending {
    fn drop(&mut self) {
        ENDED.fetch_add(1, Ordering::SeqCst);
    }
}

async fn panic() -> &'static str {
    let _ending = Ending;
    panic!("a handler's panic, on purpose")
}

async fn wait() -> &'static str {
    let _ending = Ending;
    std::future::pending().await
}

#[tokio::test]
async fn panics_and_aborts_stay_active_and_have_no_duration() {
    // The layer uses the global meter.
    let recorder = Recorder::global(Temporality::Cumulative);
    let app =
        Router::new().route("/panic", get(panic)).route("/wait", get(wait)).layer(Layer::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, app).into_future());
    for (path, before) in [("/panic", 0), ("/wait", 1)] {
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).unwrap();
        wait_until(|| active_and_done(&recorder).0 > before).await;
        drop(client);
        wait_until(|| ENDED.load(Ordering::SeqCst) > before).await;
    }
    // Both requests are over, but the layer counts them as active.
    assert_eq!(active_and_done(&recorder), (2, 0));
}

async fn wait_until(condition: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(30), async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    });
    waited.await.expect("waited in vain");
}
