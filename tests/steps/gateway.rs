//! Agents and gateways in front of Prometheus, all on this machine: the data that a kill loses.

use std::{
    fmt::Write as _,
    fs,
    path::PathBuf,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use harness::{Program, Running, wait_until};
use tempfile::TempDir;
use tests::{
    assert_snapshot_in,
    prometheus::Prometheus,
    real_collector::{free_port, otelcol},
    root, skip, step,
};

/// The visits during each outage. A visitor pauses between two visits, so they take seconds.
const VISITS: u64 = 250;
const PAUSE: Duration = Duration::from_millis(20);
/// The time between two exports of an app, in milliseconds.
const INTERVAL: u64 = 500;
/// Two points that are further apart, in seconds, have a gap between them. An outage takes longer
/// than this, and even an app with little processor time exports more often.
const GAP: f64 = 3.0;

/// The certificate and the token, created by the commands on the page. `None` without openssl.
fn secrets() -> Option<TempDir> {
    let folder = tempfile::tempdir().unwrap();
    let page = fs::read_to_string(root().join("book/src/gateway.md")).unwrap();
    let commands = page.lines().filter_map(|line| line.strip_prefix("$ "));
    let commands =
        commands.filter(|line| line.starts_with("openssl ") || line.starts_with("mkdir "));
    let script = commands.collect::<Vec<_>>().join("\n");
    assert!(script.contains("certificate.pem") && script.contains("token"), "{script}");
    if Program::new("openssl").arg("version").run().is_err() {
        skip("openssl is not installed");
        return None;
    }
    let made = Program::new("sh").args(["-ec", &script]).current_dir(folder.path()).run().unwrap();
    assert!(made.status.success(), "{}", made.stderr);
    Some(folder)
}

/// A Collector of one of the two files, with a folder for its queue.
struct Node {
    program: PathBuf,
    folder: TempDir,
    config: &'static str,
    port: u16,
    sets: Vec<String>,
    running: Option<Running>,
}

impl Node {
    fn new(secrets: &TempDir, config: &'static str, next: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let from = secrets.path().join("gateway/secrets");
        let to = folder.path().join("gateway/secrets");
        fs::create_dir_all(&to).unwrap();
        for file in fs::read_dir(from).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
        let port = free_port();
        let sets = [
            format!("receivers.otlp.protocols.http.endpoint=127.0.0.1:{port}"),
            format!("exporters.otlp_http.endpoint={next}"),
            // Shorter than the default of five seconds, so that the test is short.
            "exporters.otlp_http.retry_on_failure.initial_interval=100ms".to_string(),
            "exporters.otlp_http.retry_on_failure.max_interval=500ms".to_string(),
            "service.telemetry.metrics.level=none".to_string(),
        ];
        Some(Self { program: otelcol()?, folder, config, port, sets: sets.into(), running: None })
    }

    fn agent(secrets: &TempDir, gateway: &Self) -> Option<Self> {
        Self::new(secrets, "gateway/agent.yml", &format!("https://localhost:{}", gateway.port))
    }

    fn gateway(secrets: &TempDir, prometheus: &Prometheus) -> Option<Self> {
        Self::new(secrets, "gateway/gateway.yml", &prometheus.otlp())
    }

    /// Makes the node send each export at once, or not at all.
    fn without_queue(mut self) -> Self {
        for part in ["sending_queue", "retry_on_failure"] {
            self.sets.push(format!("exporters.otlp_http.{part}.enabled=false"));
        }
        self
    }

    fn start(&mut self) {
        let program = Program::new(&self.program)
            .current_dir(self.folder.path())
            .arg(format!("--config={}", root().join(self.config).display()))
            .args(self.sets.iter().map(|set| format!("--set={set}")));
        self.running = Some(program.start_when("Everything is ready.").unwrap());
    }

    fn started(mut self) -> Self {
        self.start();
        self
    }

    /// Kills the node with SIGKILL, which leaves no time to save anything.
    fn kill(&mut self) {
        self.running.take().unwrap().kill().unwrap();
    }

    /// Stops the node. Returns its stderr since its last start.
    fn stop(mut self) -> String {
        let finished = self.running.take().unwrap().stop().unwrap();
        assert!(finished.status.success(), "{}", finished.stderr);
        finished.stderr
    }
}

/// An app with a visitor.
struct App {
    name: &'static str,
    running: Running,
    visits: AtomicU64,
}

impl App {
    fn start(name: &'static str, agent: &Node) -> Self {
        let running = step(3)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://127.0.0.1:{}", agent.port))
            .env("OTEL_METRIC_EXPORT_INTERVAL", INTERVAL.to_string())
            .env("OTEL_RESOURCE_ATTRIBUTES", format!("service.instance.id={name}"))
            .start()
            .unwrap();
        Self { name, running, visits: AtomicU64::new(0) }
    }

    fn visit(&self, is_over: &AtomicBool) {
        while !is_over.load(Relaxed) {
            assert_eq!(self.running.get("/Ada/").unwrap().status, 200);
            self.visits.fetch_add(1, Relaxed);
            thread::park_timeout(PAUSE);
        }
    }

    /// Waits for more visits. Returns the times before and after them.
    fn wait_for_visits(&self, more: u64) -> (f64, f64) {
        let (start, before) = (now(), self.visits.load(Relaxed));
        let enough = || self.visits.load(Relaxed) >= before + more;
        wait_until("visits", enough).unwrap();
        (start, now())
    }

    fn series(&self) -> String {
        format!("naughty_or_nice_counter_total{{instance=\"{}\"}}", self.name)
    }

    fn total_in(&self, prometheus: &Prometheus) -> f64 {
        prometheus.value(&format!("sum({})", self.series())).unwrap_or_default()
    }

    /// Waits until Prometheus has the current total.
    fn wait_until_current(&self, prometheus: &Prometheus) {
        self.wait_for_visits(1);
        let now = count(self.visits.load(Relaxed));
        wait_until("current totals", || self.total_in(prometheus) >= now).unwrap();
    }

    /// Whether Prometheus has all points between two times, or a gap.
    fn points(&self, prometheus: &Prometheus, (start, end): (f64, f64)) -> &'static str {
        let mut times: Vec<f64> = prometheus
            .query(&format!("{}[10m]", self.series()))
            .iter()
            .flat_map(|series| series["values"].as_array().unwrap().clone())
            .map(|point| point[0].as_f64().unwrap())
            .collect();
        times.sort_by(f64::total_cmp);
        // An export at the very beginning or end may be inside or outside.
        let (start, end) = (start + 1.5, end - 1.5);
        let is_gap = |pair: &[f64]| pair[1] - pair[0] > GAP && pair[0] < end && pair[1] > start;
        assert!(times.first() < Some(&start) && times.last() > Some(&end), "{times:?}");
        if times.windows(2).any(is_gap) { "a gap" } else { "all" }
    }
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "a count is small")]
fn count(visits: u64) -> f64 {
    visits as f64
}

/// Runs `during` while both apps have a visitor.
fn under_load<T>(apps: &[App], during: impl FnOnce() -> T) -> T {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for app in apps {
            scope.spawn(|| app.visit(&is_over));
        }
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(during));
        is_over.store(true, Relaxed);
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Stops an app. Its last export brings the totals in Prometheus to the number of visits.
fn total_at_the_end(app: App, prometheus: &Prometheus) -> &'static str {
    let (series, visits) = (app.series(), count(app.visits.load(Relaxed)));
    let finished = app.running.stop().unwrap();
    assert!(finished.status.success(), "{}", finished.stderr);
    prometheus.wait_for_value(&format!("sum({series})"), visits).unwrap();
    "whole"
}

fn prometheus() -> Option<Prometheus> {
    Prometheus::start(root().join("prometheus/prometheus.yml"))
}

struct Row(&'static str, &'static str, &'static str, &'static str);

#[test]
#[ignore = "needs a real Collector and Prometheus"]
fn totals_are_whole_after_gateways_and_agents_are_killed() {
    let Some(rows) = with_two_chains() else { return };
    let Some(without) = without_a_queue() else { return };
    let mut table =
        String::from("killed                     queue on disk  points  total at the end\n");
    for Row(killed, queue, points, total) in rows.into_iter().chain([without]) {
        writeln!(table, "{killed:<25}  {queue:<13}  {points:<6}  {total}").unwrap();
    }
    assert_snapshot_in(&root().join("gateway/snapshots"), "kills", table.trim_end());
}

fn with_two_chains() -> Option<Vec<Row>> {
    let (prometheus, secrets) = (prometheus()?, secrets()?);
    let mut gateway = Node::gateway(&secrets, &prometheus)?.started();
    let mut agent = Node::agent(&secrets, &gateway)?.started();
    let other_gateway = Node::gateway(&secrets, &prometheus)?.started();
    let other_agent = Node::agent(&secrets, &other_gateway)?.started();
    let apps = [App::start("app-1", &agent), App::start("app-2", &other_agent)];

    let (first, second) = under_load(&apps, || {
        for app in &apps {
            app.wait_until_current(&prometheus);
        }
        gateway.kill();
        let first = apps[0].wait_for_visits(VISITS);
        // If the queue is not on disk, it is lost now.
        agent.kill();
        let second = apps[0].wait_for_visits(VISITS);
        agent.start();
        gateway.start();
        for app in &apps {
            app.wait_until_current(&prometheus);
        }
        (first, second)
    });
    // The points from the queue may come after newer ones.
    let all = || apps[0].points(&prometheus, first) == "all";
    let _ = wait_until("the points from the queue", all);
    let points = [
        apps[0].points(&prometheus, first),
        apps[0].points(&prometheus, second),
        apps[1].points(&prometheus, (first.0, second.1)),
    ];
    let totals = apps.map(|app| total_at_the_end(app, &prometheus));
    for node in [agent, gateway, other_agent, other_gateway] {
        node.stop();
    }
    Some(vec![
        Row("the gateway", "yes", points[0], totals[0]),
        Row("the gateway and the agent", "yes", points[1], totals[0]),
        Row("none (the other app)", "yes", points[2], totals[1]),
    ])
}

/// The agent has no queue, so an export of the app succeeds when the gateway has it.
#[test]
#[ignore = "needs a real Collector and Prometheus"]
fn a_killed_gateway_sends_its_queue_later() {
    let (Some(_), Some(prometheus)) = (otelcol(), prometheus()) else { return };
    let Some(secrets) = secrets() else { return };
    let nowhere = format!("http://127.0.0.1:{}", free_port());
    let mut gateway = Node::new(&secrets, "gateway/gateway.yml", &nowhere).unwrap().started();
    let agent = Node::agent(&secrets, &gateway).unwrap().without_queue().started();
    let app = App::start("app-1", &agent);
    for _ in 0..10 {
        app.running.get("/Ada/").unwrap();
    }
    let series = app.series();
    let finished = app.running.stop().unwrap();
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    agent.stop();
    gateway.kill();

    gateway.sets.push(format!("exporters.otlp_http.endpoint={}", prometheus.otlp()));
    gateway.start();
    prometheus.wait_for_value(&format!("sum({series})"), 10.0).unwrap();
    gateway.stop();
}

/// The export that an agent was sending when it was killed arrives after newer exports.
#[test]
#[ignore = "needs a real Collector and Prometheus"]
fn prometheus_refuses_older_points_without_a_window_for_them() {
    let (Some(_), Some(prometheus)) = (otelcol(), prometheus()) else { return };
    let Some(secrets) = secrets() else { return };
    assert!(!is_dropped_after_a_restart(&prometheus, &secrets));

    let folder = tempfile::tempdir().unwrap();
    let read = |name| fs::read_to_string(root().join("prometheus").join(name)).unwrap();
    let config = read("prometheus.yml");
    let (without, window) = config.split_once("\nstorage:").unwrap();
    assert!(window.contains("out_of_order_time_window") && !window.contains("\n\n"), "{window}");
    fs::write(folder.path().join("prometheus.yml"), without).unwrap();
    fs::write(folder.path().join("rules.yml"), read("rules.yml")).unwrap();
    let prometheus = Prometheus::start(folder.path().join("prometheus.yml")).unwrap();
    assert!(is_dropped_after_a_restart(&prometheus, &secrets));
}

/// Whether a gateway dropped an export that its agent sent again after a kill.
fn is_dropped_after_a_restart(prometheus: &Prometheus, secrets: &TempDir) -> bool {
    let mut gateway = Node::gateway(secrets, prometheus).unwrap().started();
    let mut agent = Node::agent(secrets, &gateway).unwrap().started();
    let apps = [App::start("app-1", &agent)];
    under_load(&apps, || {
        apps[0].wait_until_current(prometheus);
        gateway.kill();
        apps[0].wait_for_visits(VISITS);
        agent.kill();
        agent.start();
        gateway.start();
        apps[0].wait_until_current(prometheus);
    });
    // The queue is in order, so the older export has been sent before the last one.
    let [app] = apps;
    total_at_the_end(app, prometheus);
    agent.stop();
    gateway.stop().contains("Dropping data")
}

/// The status 401 is final, so the agent drops the data that it has sent.
#[test]
#[ignore = "needs a real Collector and Prometheus"]
fn a_gateway_refuses_another_token() {
    let (Some(_), Some(prometheus)) = (otelcol(), prometheus()) else { return };
    let Some(secrets) = secrets() else { return };
    let gateway = Node::gateway(&secrets, &prometheus).unwrap().started();
    let agent = Node::agent(&secrets, &gateway).unwrap();
    fs::write(agent.folder.path().join("gateway/secrets/token"), "another").unwrap();
    let agent = agent.started();
    let app = App::start("app-1", &agent);
    app.running.get("/Ada/").unwrap();
    let running = agent.running.as_ref().unwrap();
    running.wait_for_stderr(|text| text.contains("401") && text.contains("Dropping")).unwrap();
    assert_eq!(prometheus.query(&app.series()), [] as [serde_json::Value; 0]);
    app.running.stop().unwrap();
    agent.stop();
    gateway.stop();
}

fn without_a_queue() -> Option<Row> {
    let (prometheus, secrets) = (prometheus()?, secrets()?);
    let mut gateway = Node::gateway(&secrets, &prometheus)?.started();
    let agent = Node::agent(&secrets, &gateway)?.without_queue().started();
    let apps = [App::start("app-1", &agent)];
    let outage = under_load(&apps, || {
        apps[0].wait_until_current(&prometheus);
        gateway.kill();
        let outage = apps[0].wait_for_visits(VISITS);
        gateway.start();
        apps[0].wait_until_current(&prometheus);
        outage
    });
    let points = apps[0].points(&prometheus, outage);
    let [app] = apps;
    let total = total_at_the_end(app, &prometheus);
    agent.stop();
    gateway.stop();
    Some(Row("the gateway", "no", points, total))
}
