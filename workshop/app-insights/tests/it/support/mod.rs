//! Starts the program, and sends requests to it as an exporter does.

pub mod items;
pub mod site;
pub mod story;

use std::{io::Write, net::SocketAddr, process::ExitStatus};

use app_insights::{
    alerts::{Rule, Timing},
    store::Metric,
};
use flate2::{Compression, write::GzEncoder};
use harness::{
    Running,
    http::{Reply, Request},
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// A key that must never occur in any output.
pub const KEY: &str = "5ec4e7a1-0000-4000-8000-5ec4e7a15ec4";
/// The path of the program.
pub const PATH: &str = env!("CARGO_BIN_EXE_app-insights");

pub const JSON: &str = "Content-Type: application/json";
pub const STREAM: &str = "Content-Type: application/x-json-stream";
pub const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
pub const GZIP: &str = "Content-Encoding: gzip";

/// The program, on a free port.
pub struct Program {
    pub running: Running,
    pub address: SocketAddr,
}

impl Program {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    pub fn start_with(args: &[&str]) -> Self {
        let program = harness::Program::new(PATH).args(["--listen", "127.0.0.1:0"]).args(args);
        let running = program.start().unwrap();
        let address = running.address();
        Self { running, address }
    }

    pub fn get(&self, path: &str) -> Reply {
        send(self.address, "GET", path, &[], b"")
    }

    pub fn post(&self, path: &str, headers: &[&str], body: &[u8]) -> Reply {
        send(self.address, "POST", path, headers, body)
    }

    /// Posts items as an array, as most exporters do.
    pub fn track(&self, items: &[Value]) -> Reply {
        self.post("/v2.1/track", &[JSON], &serde_json::to_vec(items).unwrap())
    }

    /// Creates an alert rule with the page's form.
    pub fn make_rule(&self, fields: &[(&str, &str)]) {
        let saved = self.post("/alerts/new", &[FORM], site::encode(fields).as_bytes());
        assert_eq!(saved.status, 303, "{}", saved.text());
    }

    /// Waits for a line on stdout that contains `part`.
    pub fn out(&self, part: &str) -> String {
        let text = self.running.wait_for_stdout(|text| line_with(text, part).is_some());
        line_with(&text.unwrap(), part).unwrap()
    }

    /// Waits for a line on stderr that contains `part`.
    pub fn err(&self, part: &str) -> String {
        let text = self.running.wait_for_stderr(|text| line_with(text, part).is_some());
        line_with(&text.unwrap(), part).unwrap()
    }

    /// Stops the program as `docker stop` does.
    pub fn stop(self) -> ExitStatus {
        self.running.stop().unwrap().status
    }
}

/// The first complete line that contains `part`.
fn line_with(text: &str, part: &str) -> Option<String> {
    let (complete, _) = text.rsplit_once('\n')?;
    complete.lines().find(|line| line.contains(part)).map(str::to_owned)
}

/// The rule in the book: the average latency exceeds a second.
pub fn too_slow() -> Rule {
    let latency = Metric::named("request-latency");
    let rule = Rule::average_above(latency, 1000.0, &Timing::default());
    Rule { name: "too-slow".into(), unit: "ms".into(), ..rule }
}

/// A request with headers such as `Content-Type: application/json`.
pub fn request(method: &str, path: &str, headers: &[&str], body: &[u8]) -> Request {
    let request = Request { body: body.to_vec(), ..Request::new(method, path) };
    headers.iter().fold(request, |request, header| {
        let (name, value) = header.split_once(": ").unwrap();
        request.with(name, value)
    })
}

/// Sends a request on a connection of its own.
pub fn send(to: SocketAddr, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Reply {
    request(method, path, headers, body).send(to).unwrap()
}

/// The JSON in a response.
pub fn json_of(reply: &Reply) -> Value {
    assert_eq!(reply.header("Content-Type"), Some("application/json"), "{reply:?}");
    serde_json::from_slice(&reply.body).unwrap_or_else(|error| panic!("{error}: {}", reply.text()))
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An envelope in the form of Rust's exporter, with this data point and these dimensions.
pub fn envelope(time: Timestamp, point: &Value, properties: &Value) -> Value {
    json!({
        "name": "Microsoft.ApplicationInsights.Metric",
        "time": time.to_string(),
        "iKey": KEY,
        "tags": {"ai.cloud.role": "naughty-or-nice", "ai.internal.sdkVersion": "rust:0.33"},
        "data": {
            "baseType": "MetricData",
            "baseData": {"ver": 2, "metrics": [point], "properties": properties},
        },
    })
}

/// An envelope of a counter with the current time.
pub fn counter(value: u32) -> Value {
    let point = json!({"name": "request-count", "kind": "Aggregation", "value": value});
    envelope(Timestamp::now(), &point, &json!({}))
}
