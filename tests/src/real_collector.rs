//! The real Collector with the workshop's configuration, on free ports.

use std::{env, path::PathBuf};

use harness::{Answer, Backend, Program, Running};

use crate::{root, skip};

/// A running real Collector. It ends when it is dropped.
#[derive(Debug)]
pub struct RealCollector {
    running: Running,
    ports: Ports,
}

/// The ports of a Collector. Another Collector can use them later.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    otlp: u16,
    health: u16,
    zpages: u16,
}

impl Ports {
    /// Ports that are free now.
    pub fn free() -> Self {
        let [otlp, health, zpages] = [(); 3].map(|()| free_port());
        Self { otlp, health, zpages }
    }
}

impl RealCollector {
    /// Starts on free ports. `None`, with a line on stderr, if there is no real Collector.
    pub fn start() -> Option<Self> {
        Self::with(Ports::free(), |program| program)
    }

    /// Starts on these ports, with the further arguments and variables of `set_up`.
    pub fn with(ports: Ports, set_up: impl FnOnce(Program) -> Program) -> Option<Self> {
        let program = Program::new(otelcol()?)
            .arg(format!("--config={}", root().join("otel-collector-config.yml").display()))
            .arg(format!("--set=receivers.otlp.protocols.http.endpoint=127.0.0.1:{}", ports.otlp))
            .arg(format!("--set=extensions.health_check.endpoint=127.0.0.1:{}", ports.health))
            .arg(format!("--set=extensions.zpages.endpoint=127.0.0.1:{}", ports.zpages))
            .arg("--set=service.telemetry.metrics.level=none");
        let running = set_up(program).start_when("Everything is ready.");
        Some(Self { running: running.expect("the real Collector starts"), ports })
    }

    /// The endpoint for OTLP over HTTP.
    pub fn otlp(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.otlp)
    }

    /// The address of the health check.
    pub fn health(&self) -> String {
        format!("http://127.0.0.1:{}/", self.ports.health)
    }

    /// The address of a zPage, such as `/debug/pipelinez`.
    pub fn zpage(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.ports.zpages)
    }

    /// Stops the Collector and returns its stdout.
    pub fn stop(self) -> String {
        self.running.stop().expect("the real Collector stops").stdout
    }

    /// Kills the Collector with SIGKILL, like a crash, and frees its ports.
    pub fn kill(self) -> Ports {
        self.running.kill().expect("the real Collector is killed");
        self.ports
    }
}

/// The program that `OTELCOL` names. Without it, a line on stderr says how to get the program.
pub fn otelcol() -> Option<PathBuf> {
    let path = env::var_os("OTELCOL").filter(|path| !path.is_empty()).map(PathBuf::from);
    if path.is_none() {
        skip("OTELCOL is not set to a real Collector; .ci/run builds one, with Go");
    }
    path
}

/// A free port. The Collector does not print which port the system chose for port 0.
pub fn free_port() -> u16 {
    Backend::start(|_| Answer::Status(200)).expect("a free port").address().port()
}
