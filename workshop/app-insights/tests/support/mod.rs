//! Runs the real program and talks to it as an exporter would, down to the bytes on the wire.
#![allow(dead_code, reason = "every test file uses a part of it")]

pub mod site;

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::ExitStatus,
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use harness::Running;
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
        memory(&self.running.id().to_string(), "VmHWM:")
    }
}

/// The first whole line that has `part` in it.
fn line_with(text: &str, part: &str) -> Option<String> {
    let (whole, _) = text.rsplit_once('\n')?;
    whole.lines().find(|line| line.contains(part)).map(str::to_owned)
}

/// A value of `/proc/PID/status`, in MiB.
#[cfg(target_os = "linux")]
pub fn memory(id: &str, field: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() >> 10
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
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let headers: Vec<String> = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let headers = headers.concat();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // A server may answer and close before it has read everything.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) =
        answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {answer:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
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
