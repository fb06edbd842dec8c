//! Starts a Collector, the stand-in or the real one, and watches what it prints.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Far longer than anything here takes, for a slow machine.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A running Collector, ended when this is dropped.
pub struct Program {
    pub child: Child,
    pub otlp: SocketAddr,
    pub health: SocketAddr,
    pub stderr: Stderr,
    stdout: PathBuf,
}

impl Program {
    /// The stand-in, on ports of its own, with its stdout in a file.
    pub fn stand_in() -> Self {
        let stdout = scratch("stdout");
        let file = File::create(&stdout).expect("creating a file");
        let mut child = stand_in_command().stdout(file).spawn().expect("starting the stand-in");
        let mut stderr = Stderr::of(&mut child);
        let otlp = stderr.wait_for("Listening on http://");
        let health = stderr.wait_for("Health: http://");
        let otlp = otlp.parse().expect("an address");
        let health = health.trim_end_matches('/').parse().expect("an address");
        Self { child, otlp, health, stderr, stdout }
    }

    /// The real Collector that `OTELCOL` names, or `None` when the variable is not set.
    pub fn real() -> Option<Self> {
        let Some(binary) = std::env::var_os("OTELCOL") else {
            // Written directly: what a test prints with a macro is shown only when it fails.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: OTELCOL is not set. Set it to the path of an OpenTelemetry Collector \
                 0.162.0 with the otlp receiver, the debug exporter and the health_check \
                 extension (.ci/run builds one where Go is) to compare the stand-in with it."
            );
            return None;
        };
        // The Collector says which port 0 became for OTLP, but not for health.
        let health = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let health = health.expect("a free port");
        let config = scratch("config.yaml");
        fs::write(&config, CONFIG.replace("HEALTH", &health.to_string())).expect("writing a file");
        let stdout = scratch("stdout");
        let mut child = Command::new(binary)
            .arg("--config")
            .arg(&config)
            .stdout(File::create(&stdout).expect("creating a file"))
            .stderr(Stdio::piped())
            .spawn()
            .expect("starting the real Collector");
        let mut stderr = Stderr::of(&mut child);
        let started = stderr.wait_for("Starting HTTP server");
        let endpoint =
            started.split_once("\"endpoint\": \"").and_then(|(_, rest)| rest.split('"').next());
        let otlp = endpoint.and_then(|endpoint| endpoint.parse().ok()).expect("an endpoint");
        stderr.wait_for("Everything is ready");
        Some(Self { child, otlp, health, stderr, stdout })
    }

    /// What was printed so far.
    pub fn stdout(&self) -> String {
        fs::read_to_string(&self.stdout).expect("reading stdout")
    }

    /// What was printed beyond the first `start` bytes.
    pub fn stdout_from(&self, start: usize) -> String {
        self.stdout().split_off(start)
    }

    /// How many bytes were printed so far.
    pub fn printed(&self) -> usize {
        let size = fs::metadata(&self.stdout).expect("reading stdout").len();
        usize::try_from(size).expect("a small file")
    }

    /// Asks the program to stop, as Ctrl-C or `kill` does.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.expect("running kill").success());
    }

    /// Waits for the end of the program.
    pub fn wait(&mut self) -> ExitStatus {
        wait(&mut self.child)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.stdout);
    }
}

const CONFIG: &str = "
receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:0'}}}}
exporters: {debug: {verbosity: detailed, use_internal_logger: false}}
extensions: {health_check: {endpoint: 'HEALTH'}}
service:
  extensions: [health_check]
  telemetry: {metrics: {level: none}}
  pipelines: {metrics: {receivers: [otlp], exporters: [debug]}}
";

/// The stand-in's command line with free ports, and stderr piped.
pub fn stand_in_command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_collector"));
    command.args(["--listen", "127.0.0.1:0", "--health", "127.0.0.1:0"]).stderr(Stdio::piped());
    command
}

/// Waits for the end of a program, but not for ever.
pub fn wait(child: &mut Child) -> ExitStatus {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("waiting for the program") {
            return status;
        }
        assert!(started.elapsed() < LIMIT, "the program does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The lines of a program's stderr, read as they come so that the program never has to wait.
pub struct Stderr {
    lines: Receiver<String>,
    pub seen: Vec<String>,
}

impl Stderr {
    pub fn of(child: &mut Child) -> Self {
        let stderr = child.stderr.take().expect("a piped stderr");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { lines, seen: Vec::new() }
    }

    /// Waits for a line with `text` in it and returns what follows.
    pub fn wait_for(&mut self, text: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(LIMIT);
            let line = line.unwrap_or_else(|_| panic!("no {text:?} in stderr: {:#?}", self.seen));
            self.seen.push(line.clone());
            if let Some((_, rest)) = line.split_once(text) {
                return rest.to_owned();
            }
        }
    }

    /// Whether a line with `text` in it has come so far.
    pub fn has(&mut self, text: &str) -> bool {
        self.seen.extend(self.lines.try_iter());
        self.seen.iter().any(|line| line.contains(text))
    }

    /// All the lines, after the program's end.
    pub fn rest(mut self) -> Vec<String> {
        self.seen.extend(self.lines.iter());
        self.seen
    }
}

/// A path of its own for each test, in Cargo's own scratch folder.
fn scratch(name: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let id = std::process::id();
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("collector-{id}-{number}-{name}"))
}

/// A line of `/proc/ID/status`, such as `VmRSS`, in bytes. Linux alone has it.
pub fn memory(id: u32, line: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{id}/status")).expect("reading /proc");
    let value = status.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(':'));
    let kibibytes = value.and_then(|value| value.trim().strip_suffix(" kB")?.parse::<usize>().ok());
    kibibytes.expect("a number of kB") * 1024
}
