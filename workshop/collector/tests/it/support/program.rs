//! A running Collector: the stand-in or the real one.

use std::{
    env, fs,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    net::{SocketAddr, TcpListener},
};

use harness::{Program, Running};
use tempfile::TempDir;

/// A running Collector. Dropping the value stops the program.
pub struct Collector {
    pub running: Running,
    pub otlp: SocketAddr,
    pub health: SocketAddr,
    folder: TempDir,
}

impl Collector {
    /// The stand-in on free ports. Its stdout is a file, because a pipe would be read with a delay.
    pub fn stand_in() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let program = stand_in().stdout_to(folder.path().join("stdout"));
        let running = program.start().expect("the stand-in starts");
        Self { otlp: running.address(), health: health(&running), running, folder }
    }

    /// The real Collector that `OTELCOL` names, or `None` when the variable is not set.
    pub fn real() -> Option<Self> {
        let Some(binary) = env::var_os("OTELCOL") else {
            // Written directly, because the output of `eprintln!` is shown only if the test fails.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: OTELCOL is not set. Set it to the path of an OpenTelemetry Collector \
                 0.162.0 with the otlp receiver, the debug exporter and the health_check \
                 extension, to compare the two programs. If Go is installed, .ci/run builds one."
            );
            return None;
        };
        // The Collector logs the port that replaces port 0 for OTLP, but not for health checks.
        let health = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let health = health.expect("a free port");
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("config.yaml");
        fs::write(&config, CONFIG.replace("HEALTH", &health.to_string())).expect("writing a file");
        let program = Program::new(binary).arg("--config").arg(config);
        let program = program.stdout_to(folder.path().join("stdout"));
        let running = program.start_when("Everything is ready").expect("the Collector starts");
        let stderr = running.stderr();
        let started = stderr.lines().find(|line| line.contains("Starting HTTP server"));
        let endpoint = started.and_then(|line| line.split_once("\"endpoint\": \""));
        let endpoint = endpoint.and_then(|(_, rest)| rest.split('"').next());
        let otlp = endpoint.and_then(|endpoint| endpoint.parse().ok()).expect("an endpoint");
        Some(Self { running, otlp, health, folder })
    }

    /// The stdout of the Collector after the first `start` bytes.
    pub fn stdout_from(&self, start: u64) -> String {
        let mut file = fs::File::open(self.folder.path().join("stdout")).expect("a file");
        file.seek(SeekFrom::Start(start)).expect("seeking");
        let mut text = String::new();
        file.read_to_string(&mut text).expect("text");
        text
    }
}

const CONFIG: &str = "
receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:0'}}}}
exporters: {debug: {verbosity: detailed, use_internal_logger: false}}
extensions: {health_check: {endpoint: 'HEALTH'}}
service:
  extensions: [health_check]
  telemetry: {metrics: {level: none}}
  pipelines:
    metrics: {receivers: [otlp], exporters: [debug]}
    traces: {receivers: [otlp], exporters: [debug]}
    logs: {receivers: [otlp], exporters: [debug]}
";

/// The stand-in with free ports, not yet started.
pub fn stand_in() -> Program {
    program().args(["--listen", "127.0.0.1:0", "--health", "127.0.0.1:0"])
}

/// The stand-in without arguments.
pub fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_collector"))
}

/// The address of the health check.
pub fn health(stand_in: &Running) -> SocketAddr {
    let address = |stderr: &str| {
        let (whole, _) = stderr.rsplit_once('\n')?;
        let url = whole.lines().find_map(|line| line.strip_prefix("Health: http://"))?;
        url.trim_end_matches('/').parse().ok()
    };
    let stderr = stand_in.wait_for_stderr(|stderr| address(stderr).is_some());
    address(&stderr.expect("a line on health")).expect("an address")
}
