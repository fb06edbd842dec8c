//! The stand-in as a part of another test: in process, on free ports, its text in memory.

mod common;

use std::io::{self, Write};
use std::sync::mpsc::{Sender, channel};

use collector::Collector;
use common::http::Request;
use common::requests::JSON;
use tokio::sync::oneshot;

/// Sends on what is written to it.
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
async fn it_runs_in_process_and_stops_when_it_is_told() {
    let collector = Collector::bind("127.0.0.1:0", "127.0.0.1:0").await.expect("free ports");
    let otlp = collector.otlp_address().expect("an address");
    let health = collector.health_address().expect("an address");
    let (sender, written) = channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(collector.serve(Wire(sender), async {
        let _ = stopped.await;
    }));

    let json = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/gauge-int.json"));
    let request = Request::post(JSON, json.expect("a payload"));
    let (answer, healthy) = tokio::task::spawn_blocking(move || {
        (request.send(otlp).status, Request::get("/").send(health).status)
    })
    .await
    .expect("two answers");
    assert_eq!((answer, healthy), (200, 200));
    let text: Vec<u8> = written.try_iter().flatten().collect();
    assert!(text.starts_with(b"Metrics\t{"), "{}", text.escape_ascii());

    stop.send(()).expect("it is still running");
    serving.await.expect("no panic").expect("a good end");
    let refused = std::net::TcpStream::connect(otlp);
    assert!(refused.is_err(), "the port is free again");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let first = Collector::bind("127.0.0.1:0", "127.0.0.1:0").await.expect("free ports");
    let taken = first.otlp_address().expect("an address").to_string();
    let error = Collector::bind(&taken, "127.0.0.1:0").await.expect_err("the port is taken");
    assert_eq!(error.address, taken);
    assert!(error.to_string().starts_with(&format!("cannot listen on {taken}: ")), "{error}");
}
