//! The stand-in as a library: in process, on free ports, with its text in memory.

use std::io::{self, Write};
use std::sync::mpsc::{Sender, channel};

use collector::Collector;
use harness::http::Request;
use tokio::sync::oneshot;

use crate::support::{post, requests::JSON};

/// Sends each write to the test.
struct Wire(Sender<Vec<u8>>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The test may have ended.
        let _ = self.0.send(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn runs_in_process_until_it_is_stopped() {
    let collector = Collector::bind("127.0.0.1:0", "127.0.0.1:0").await.expect("free ports");
    let otlp = collector.otlp_address().expect("an address");
    let health = collector.health_address().expect("an address");
    let (sender, written) = channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(collector.serve(Wire(sender), async {
        let _ = stopped.await;
    }));

    let json =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/metrics/gauge-int.json"));
    let request = post(JSON, json.expect("a payload"));
    let (answer, healthy) = tokio::task::spawn_blocking(move || {
        (request.send(otlp).unwrap().status, Request::get("/").send(health).unwrap().status)
    })
    .await
    .expect("two answers");
    assert_eq!((answer, healthy), (200, 200));
    let text: Vec<u8> = written.try_iter().flatten().collect();
    assert!(text.starts_with(b"Metrics\t{"), "{}", text.escape_ascii());

    stop.send(()).expect("the stand-in is still running");
    serving.await.expect("no panic").expect("a regular end");
    let refused = std::net::TcpStream::connect(otlp);
    assert!(refused.is_err(), "the port is free again");
}

#[tokio::test]
async fn bind_error_names_the_taken_port() {
    let first = Collector::bind("127.0.0.1:0", "127.0.0.1:0").await.expect("free ports");
    let taken = first.otlp_address().expect("an address").to_string();
    let error = Collector::bind(&taken, "127.0.0.1:0").await.expect_err("the port is taken");
    assert_eq!(error.address, taken);
    assert!(error.to_string().starts_with(&format!("cannot listen on {taken}: ")), "{error}");
}
