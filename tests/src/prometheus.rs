//! A real Prometheus with a configuration of the workshop, on a free port.

use std::{env, io, net::SocketAddr, path::Path, path::PathBuf};

use harness::{Error, Finished, Program, Running, http, wait_until};
use serde_json::Value;
use tempfile::TempDir;
use url::form_urlencoded::byte_serialize;

use crate::skip;

/// A running real Prometheus. It ends when it is dropped.
#[derive(Debug)]
pub struct Prometheus {
    running: Running,
    address: SocketAddr,
    _data: TempDir,
}

impl Prometheus {
    /// Starts Prometheus with the configuration at `config` and without data. `None`, with a line
    /// on stderr, if there is no real Prometheus.
    pub fn start(config: impl AsRef<Path>) -> Option<Self> {
        let prometheus = program("PROMETHEUS")?;
        let data = tempfile::tempdir().expect("a folder for the data");
        let running = Program::new(prometheus)
            .arg(format!("--config.file={}", config.as_ref().display()))
            .arg(format!("--storage.tsdb.path={}", data.path().display()))
            .arg("--web.listen-address=127.0.0.1:0")
            .arg("--web.enable-otlp-receiver")
            .start_when("Server is ready to receive web requests.")
            .expect("Prometheus starts");
        let log = running.wait_for_stderr(|log| listens(log).is_some()).expect("it listens");
        let address = listens(&log).expect("an address");
        Some(Self { running, address, _data: data })
    }

    /// The value of `OTEL_EXPORTER_OTLP_ENDPOINT` for this Prometheus.
    pub fn otlp(&self) -> String {
        format!("http://{}/api/v1/otlp", self.address)
    }

    /// The address, for a Collector that exports to this Prometheus.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The result of an instant query: a list of series, each with `metric` and `value`.
    pub fn query(&self, promql: &str) -> Vec<Value> {
        let query: String = byte_serialize(promql.as_bytes()).collect();
        let data = self.get(&format!("/api/v1/query?query={query}"));
        data["result"].as_array().unwrap_or_else(|| panic!("{promql}: {data}")).clone()
    }

    /// The value of a query whose result has at most one series.
    pub fn value(&self, promql: &str) -> Option<f64> {
        let result = self.query(promql);
        assert!(result.len() < 2, "{promql} has {} series", result.len());
        result.first()?["value"][1].as_str()?.parse().ok()
    }

    /// The alerts that are pending or firing.
    pub fn alerts(&self) -> Vec<Value> {
        let data = self.get("/api/v1/alerts");
        data["alerts"].as_array().expect("a list of alerts").clone()
    }

    /// The field `data` of an API response.
    pub fn get(&self, path: &str) -> Value {
        let reply = http::get(&format!("http://{}{path}", self.address));
        let reply = reply.expect("Prometheus answers").text();
        let answer: Value = serde_json::from_str(&reply).unwrap_or_else(|_| panic!("{reply}"));
        assert_eq!(answer["status"], "success", "{path}: {answer}");
        answer["data"].clone()
    }

    /// Waits at most one minute until a query has this value.
    pub fn wait_for_value(&self, promql: &str, value: f64) -> Result<(), Error> {
        let mut last = None;
        let is_there = || {
            last = self.value(promql);
            last == Some(value)
        };
        wait_until(promql, is_there).map_err(|error| {
            io::Error::other(format!("{error}; wanted {value}, the last was {last:?}")).into()
        })
    }

    /// Stops Prometheus.
    pub fn stop(self) -> Result<Finished, Error> {
        self.running.stop()
    }
}

/// The address in the log of Prometheus, with the port that the system chose for port 0.
fn listens(log: &str) -> Option<SocketAddr> {
    let line = log.lines().find(|line| line.contains("msg=\"Listening on\""))?;
    line.split_once(" address=")?.1.trim().parse().ok()
}

/// The path of promtool, or `None` with a line on stderr.
pub fn promtool() -> Option<PathBuf> {
    program("PROMTOOL")
}

/// The program that a variable names. Without it, a line on stderr says how to get the program.
fn program(variable: &str) -> Option<PathBuf> {
    let path = env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
    if path.is_none() {
        skip(format!("{variable} is not set; .ci/run builds Prometheus and promtool, with Go"));
    }
    path
}
