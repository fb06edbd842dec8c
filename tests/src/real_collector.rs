//! The real Collector with the workshop's configuration, on free ports.

use std::{env, path::PathBuf};

use harness::{Answer, Backend, Program, Running};

use crate::{root, skip};

/// A real Collector that runs. Dropped, it ends.
#[derive(Debug)]
pub struct RealCollector {
    running: Running,
    otlp: u16,
    health: u16,
    zpages: u16,
}

impl RealCollector {
    /// None, with a line on stderr, without a real Collector.
    pub fn start() -> Option<Self> {
        let otelcol = otelcol()?;
        let [otlp, health, zpages] = [(); 3].map(|()| free_port());
        let running = Program::new(otelcol)
            .arg(format!("--config={}", root().join("otel-collector-config.yml").display()))
            .arg(format!("--set=receivers.otlp.protocols.http.endpoint=127.0.0.1:{otlp}"))
            .arg(format!("--set=extensions.health_check.endpoint=127.0.0.1:{health}"))
            .arg(format!("--set=extensions.zpages.endpoint=127.0.0.1:{zpages}"))
            .arg("--set=service.telemetry.metrics.level=none")
            .start_when("Everything is ready.")
            .expect("the real Collector starts");
        Some(Self { running, otlp, health, zpages })
    }

    /// The endpoint for OTLP over HTTP.
    pub fn otlp(&self) -> String {
        format!("http://127.0.0.1:{}", self.otlp)
    }

    /// The address of the health check.
    pub fn health(&self) -> String {
        format!("http://127.0.0.1:{}/", self.health)
    }

    /// The address of a zPage, such as `/debug/pipelinez`.
    pub fn zpage(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.zpages)
    }

    /// Stops the Collector and returns its stdout.
    pub fn stop(self) -> String {
        self.running.stop().expect("the real Collector stops").stdout
    }
}

/// The program that `OTELCOL` names; without one, a line on stderr says how to get it.
pub fn otelcol() -> Option<PathBuf> {
    let path = env::var_os("OTELCOL").filter(|path| !path.is_empty()).map(PathBuf::from);
    if path.is_none() {
        skip("OTELCOL is not set to a real Collector; .ci/run builds one, with Go");
    }
    path
}

/// Any port that is free now. The Collector does not print which port 0 became.
fn free_port() -> u16 {
    Backend::start(|_| Answer::Status(200)).expect("a free port").address().port()
}
