//! Runs the real program and talks to it as an exporter would, down to the bytes on the wire.

pub mod site;

use std::{io::Write, process::ExitStatus, time::Duration};

use flate2::{Compression, write::GzEncoder};
use harness::{Memory, Running, http::Request};
use jiff::Timestamp;
use serde_json::{Value, json};

/// No test waits longer than this for anything.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A key that no output may ever show.
pub const KEY: &str = "5ec4e7a1-0000-4000-8000-5ec4e7a15ec4";

/// The path of the program.
pub const PATH: &str = env!("CARGO_BIN_EXE_app-insights");

/// The program, on a port of its own.
pub struct Program {
    pub running: Running,
    pub address: String,
}

impl Program {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    pub fn start_with(args: &[&str]) -> Self {
        let program = harness::Program::new(PATH).arg("--listen").arg("127.0.0.1:0");
        let program = args.iter().fold(program, harness::Program::arg);
        let running = program.start().unwrap();
        let address = running.address().to_string();
        Self { running, address }
    }

    /// Posts one body and reads the answer.
    pub fn post(&self, path: &str, headers: &[&str], body: &[u8]) -> Answer {
        request(&self.address, "POST", path, headers, body)
    }

    pub fn get(&self, path: &str) -> Answer {
        request(&self.address, "GET", path, &[], b"")
    }

    /// Posts items as an array, as most exporters do.
    pub fn track(&self, items: &[Value]) -> Answer {
        let body = serde_json::to_vec(items).unwrap();
        self.post("/v2.1/track", &["Content-Type: application/json"], &body)
    }

    /// Waits for a line on stdout that has `part` in it.
    pub fn out(&self, part: &str) -> String {
        let text = self.running.wait_for_stdout(|text| line_with(text, part).is_some());
        line_with(&text.unwrap(), part).unwrap()
    }

    /// Waits for a line on stderr that has `part` in it.
    pub fn err(&self, part: &str) -> String {
        let text = self.running.wait_for_stderr(|text| line_with(text, part).is_some());
        line_with(&text.unwrap(), part).unwrap()
    }

    /// Asks it to stop, as `docker stop` does.
    pub fn stop(self) -> ExitStatus {
        self.running.stop().unwrap().status
    }

    /// The most memory it ever used, in MiB.
    #[cfg(target_os = "linux")]
    pub fn peak_memory(&self) -> usize {
        usize::try_from(Memory::of(self.running.id()).unwrap().peak >> 20).unwrap()
    }
}

/// The first whole line that has `part` in it.
fn line_with(text: &str, part: &str) -> Option<String> {
    let (whole, _) = text.rsplit_once('\n')?;
    whole.lines().find(|line| line.contains(part)).map(str::to_owned)
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Makes one request on a connection of its own.
pub fn request(address: &str, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
    let request = headers.iter().fold(Request::new(method, path), |request, header| {
        let (name, value) = header.split_once(':').unwrap();
        request.with(name, value.trim())
    });
    let reply = Request { body: body.to_vec(), ..request }.send(address.parse().unwrap()).unwrap();
    let headers = reply
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes())));
    Answer { status: reply.status, head: headers.collect(), body: reply.text() }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An envelope as Rust's exporter sends it, with this data point and these dimensions.
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

/// A counter's envelope of this moment.
pub fn counter(value: u32) -> Value {
    let point = json!({"name": "request-count", "kind": "Aggregation", "value": value});
    envelope(Timestamp::now(), &point, &json!({}))
}
