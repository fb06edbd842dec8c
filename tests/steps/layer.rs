//! The defects of opentelemetry-instrumentation-tower, each pinned. A test that fails here is good
//! news: the layer got better, and the remark in the steps and in the book can go.

use std::{
    io::Write,
    net::TcpStream,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use axum::{Router, routing::get};
use harness::{
    Recorder,
    recorder::{Metric, Temporality},
};
use opentelemetry_instrumentation_tower::http::server::Layer;
use tests::Session;
use tokio::net::TcpListener;

/// What step 02 prints after these requests.
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
fn any_method_is_believed() {
    assert!(console(&["FOOBAR /Ada/"]).contains("http.request.method: FOOBAR\n"));
}

#[test]
fn neither_the_server_nor_the_error_is_named() {
    let text = console(&["GET /Ada/", "POST /Ada/", "GET /%FF/"]);
    for attribute in ["server.address", "server.port", "error.type"] {
        assert!(!text.contains(attribute), "{text}");
    }
}

/// This one is no defect but what keeps a stranger from choosing the attribute.
#[test]
fn an_unmatched_path_has_no_route() {
    let text = console(&["GET /a/b/c"]);
    assert!(text.contains("http.response.status_code: 404"), "{text}");
    assert!(!text.contains("http.route"), "{text}");
}

/// The value of `http.server.active_requests`, and how many durations were recorded.
fn active_and_done(recorder: &Recorder) -> (usize, u64) {
    let metrics = recorder.collect();
    let total =
        |name: &str| metrics.iter().find(|metric| metric.name == name).map_or(0, Metric::total);
    let active = usize::try_from(total("http.server.active_requests")).unwrap();
    (active, total("http.server.request.duration"))
}

/// How many handlers came to an end, of whatever kind.
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
async fn a_panic_and_a_lost_client_stay_active_for_ever_and_have_no_duration() {
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
    // Both are over; the layer thinks that both go on.
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
