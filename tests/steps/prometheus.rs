//! The files in `prometheus/`, and the steps in front of a real Prometheus.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use harness::{Answer, Program, Running, wait_until};
use serde_json::Value;
use tempfile::TempDir;
use tests::{
    Session, assert_snapshot_in, otlp,
    prometheus::{Prometheus, promtool},
    real_collector::{Ports, RealCollector, otelcol},
    root, step, visited_by,
};
use tokio::runtime;

fn file(name: &str) -> PathBuf {
    root().join("prometheus").join(name)
}

fn assert_snapshot(name: &str, text: &str) {
    assert_snapshot_in(&file("snapshots"), name, text);
}

/// promtool evaluates the rules over a slow half hour, without waiting.
#[test]
#[ignore = "needs promtool"]
fn promtool_accepts_the_configuration_and_the_rules() {
    let Some(promtool) = promtool() else { return };
    for args in [["check", "config", "prometheus.yml"], ["test", "rules", "rules_test.yml"]] {
        let finished = Program::new(&promtool).args(args).current_dir(file("")).run().unwrap();
        let text = finished.stdout + &finished.stderr;
        assert!(finished.status.success() && text.contains("SUCCESS"), "{args:?}\n{text}");
    }

    // A limit that the slow half hour does not exceed fails the test of the rules.
    let folder = tempfile::tempdir().unwrap();
    for name in ["rules.yml", "rules_test.yml"] {
        let text = fs::read_to_string(file(name)).unwrap().replace("> 1000", "> 1500");
        fs::write(folder.path().join(name), text).unwrap();
    }
    let test = Program::new(&promtool).args(["test", "rules", "rules_test.yml"]);
    assert!(!test.current_dir(folder.path()).run().unwrap().status.success());
}

#[test]
#[ignore = "needs a real Collector"]
fn the_real_collector_accepts_the_configuration_for_prometheus() {
    let Some(otelcol) = otelcol() else { return };
    let validate = |second: &Path| {
        let first = root().join("otel-collector-config.yml");
        let configs = [first.as_path(), second].map(|it| format!("--config={}", it.display()));
        Program::new(&otelcol).arg("validate").args(configs).run().unwrap()
    };
    let finished = validate(&file("collector.yml"));
    assert!(finished.status.success(), "{}", finished.stderr);

    // An exporter that is not defined is refused.
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.yml");
    let text = fs::read_to_string(file("collector.yml")).unwrap();
    fs::write(&broken, text.replace("[debug, otlp_http/prometheus]", "[otlp_http/other]")).unwrap();
    assert!(!validate(&broken).status.success());
}

/// A real Prometheus with the shipped configuration and rules. Three values are shorter, so that a
/// test does not wait for minutes: the time between two evaluations, the window of a rate, and the
/// time that a condition holds before the alert fires.
struct Hurried {
    prometheus: Prometheus,
    _folder: TempDir,
}

impl Hurried {
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        for (name, shorter) in [
            ("prometheus.yml", vec![("evaluation_interval: 15s", "evaluation_interval: 1s")]),
            ("rules.yml", vec![("[5m]", "[15s]"), ("for: 1m", "for: 2s")]),
        ] {
            let mut text = fs::read_to_string(file(name)).unwrap();
            for (shipped, short) in shorter {
                assert!(text.contains(shipped), "{name} has {shipped}");
                text = text.replace(shipped, short);
            }
            fs::write(folder.path().join(name), text).unwrap();
        }
        let prometheus = Prometheus::start(folder.path().join("prometheus.yml"))?;
        Some(Self { prometheus, _folder: folder })
    }
}

/// The shipped Collector in front of a Prometheus, on these ports.
fn collector_before(prometheus: &Prometheus, ports: Ports) -> Option<RealCollector> {
    RealCollector::with(ports, |program| {
        let url = format!("http://{}", prometheus.address());
        let config = format!("--config={}", file("collector.yml").display());
        program.arg(config).env("PROMETHEUS_URL", url)
    })
}

/// A step that exports metrics over OTLP once a second.
fn step_to(number: u8, endpoint: impl AsRef<str>) -> Program {
    step(number)
        .env_remove("APPLICATIONINSIGHTS_CONNECTION_STRING")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_ref())
        .env("OTEL_METRIC_EXPORT_INTERVAL", "1000")
}

/// The address of a server that gives verdicts at once. It runs until the tests end.
fn quick_judge() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().route("/api/verdict", get("nice"));
    let runtime = runtime::Builder::new_current_thread().enable_io().build().unwrap();
    thread::spawn(move || {
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, app).await
        })
    });
    url
}

/// Waits until both alerts fire for a step that is slow, and returns them.
fn wait_for_alerts(prometheus: &Prometheus, slow: &Running) -> Vec<Value> {
    visited_by(20, slow, || {
        let mut alerts = Vec::new();
        wait_until("both alerts to fire", || {
            alerts = prometheus.alerts();
            alerts.len() == 2 && alerts.iter().all(|alert| alert["state"] == "firing")
        })
        .unwrap();
        alerts
    })
}

fn wait_for_no_alert(prometheus: &Prometheus) {
    wait_until("the alerts to be resolved", || prometheus.alerts().is_empty()).unwrap();
}

const MEAN: &str = "job:request_latency_milliseconds:mean5m";

/// The alerts are resolved because another process gives the verdicts at once: there is an average,
/// and it is low.
#[test]
#[ignore = "waits for alerts"]
fn alerts_fire_straight_from_the_app_and_are_resolved_by_a_quick_one() {
    let Some(Hurried { prometheus, .. }) = &Hurried::start() else { return };
    let slow = step_to(6, prometheus.otlp()).start().unwrap();
    let mut alerts = wait_for_alerts(prometheus, &slow);
    assert!(prometheus.value(MEAN).unwrap() > 1000.0);
    let finished = slow.stop().unwrap();
    assert!(finished.status.success(), "{}", finished.stderr);
    let spans_are_refused = format!("{}/v1/traces answered 404", prometheus.otlp());
    assert!(finished.stderr.contains(&spans_are_refused), "{}", finished.stderr);

    alerts.sort_by_key(|alert| alert["labels"]["alertname"].to_string());
    for alert in &mut alerts {
        alert["activeAt"] = "<time>".into();
        alert["value"] = "<milliseconds>".into();
        // The value of the average, which the text repeats.
        let summary = alert["annotations"]["summary"].as_str().unwrap();
        let summary = summary
            .rsplit_once(" is ")
            .map_or(summary.to_string(), |(text, _)| format!("{text} is <milliseconds> ms"));
        alert["annotations"]["summary"] = summary.into();
    }
    assert_snapshot("alerts", &serde_json::to_string_pretty(&alerts).unwrap());

    let judge = quick_judge();
    let quick = step_to(6, prometheus.otlp()).env("VERDICT_URL", &judge).start().unwrap();
    visited_by(2, &quick, || wait_for_no_alert(prometheus));
    let mean = prometheus.value(MEAN).expect("there is data");
    assert!(mean < 1000.0, "{mean}");
    quick.stop().unwrap();
}

/// The alerts are resolved because the app has stopped: without data in the window, there is no
/// average.
#[test]
#[ignore = "waits for alerts"]
fn alerts_fire_through_the_collector_and_are_resolved_without_data() {
    let Some(Hurried { prometheus, .. }) = &Hurried::start() else { return };
    let Some(collector) = collector_before(prometheus, Ports::free()) else { return };
    let slow = step_to(7, collector.otlp()).start().unwrap();
    wait_for_alerts(prometheus, &slow);
    let finished = slow.stop().unwrap();
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    wait_for_no_alert(prometheus);
    assert_eq!(prometheus.value(MEAN), None);
    // Prometheus does not accept the other signals, so they stay at the Collector.
    let stdout = collector.stop();
    assert!(stdout.contains("Span #0") && stdout.contains("LogRecord #0"));
}

/// The requests that were answered while there was no Collector are in the next export, because
/// the sums are cumulative.
#[test]
#[ignore = "runs half a minute without a Collector"]
fn killed_collector_loses_no_counts() {
    const TOTAL: &str = "sum(naughty_or_nice_counter_total)";
    let Some(prometheus) = Prometheus::start(file("prometheus.yml")) else { return };
    let Some(collector) = collector_before(&prometheus, Ports::free()) else { return };
    let step = step_to(3, collector.otlp()).start().unwrap();
    let mut sent = 0;
    let mut greet = || {
        assert_eq!(step.get("/Ada/").unwrap().status, 200);
        sent += 1;
        sent
    };
    wait_until("the first counts", || {
        greet();
        prometheus.value(TOTAL).is_some()
    })
    .unwrap();

    let ports = collector.kill();
    let before = greet();
    let killed = Instant::now();
    let half_a_minute = || {
        greet();
        killed.elapsed() > Duration::from_secs(30)
    };
    wait_until("half a minute without a Collector", half_a_minute).unwrap();
    let sent = greet();
    assert!(sent > before + 100, "{before} before, {sent} after");
    assert!(prometheus.value(TOTAL).unwrap() <= f64::from(before), "nothing arrives meanwhile");
    step.wait_for_stderr(|text| text.contains("network error")).unwrap();

    let collector = collector_before(&prometheus, ports).unwrap();
    prometheus.wait_for_value(TOTAL, f64::from(sent)).unwrap();
    assert!(step.stop().unwrap().status.success());
    collector.stop();
    assert!(prometheus.stop().unwrap().status.success());
}

/// Prometheus stores sums, not differences. Its log gives this reason, but its response does not.
#[test]
#[ignore = "needs a real Prometheus"]
fn prometheus_refuses_differences() {
    let Some(prometheus) = Prometheus::start(file("prometheus.yml")) else { return };
    let step = step_to(3, prometheus.otlp())
        .env("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta")
        .start()
        .unwrap();
    step.get("/Ada/").unwrap();
    let stderr = step.wait_for_stderr(|text| text.contains("ExportError")).unwrap();
    let arrived = prometheus.query(r#"{__name__=~".+_(total|count|sum|bucket)"}"#);
    assert!(arrived.is_empty(), "{arrived:?}");
    step.stop().unwrap();
    let said = stderr.lines().find_map(|line| line.split_once("error=")).unwrap().1;
    let log = prometheus.stop().unwrap().stderr;
    let line = log.lines().find(|line| line.contains("naughty_or_nice_counter")).unwrap();
    let (_, reasons) = line.split_once("err=\"").unwrap();
    // One reason for each metric, in any order.
    let mut reasons = reasons.strip_suffix('"').unwrap().split("\\n");
    let reason = reasons.find(|reason| reason.contains("naughty_or_nice_counter")).unwrap();
    let reason = reason.replace("\\\"", "\"");
    assert_snapshot("differences", &format!("step-03:     {said}\nPrometheus:  {reason}"));
}

/// The queries of Grafana's dashboard, with the title of their panel.
fn queries() -> Vec<(String, String)> {
    let dashboard = fs::read_to_string(file("grafana/dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let queries = panels.flat_map(|panel| {
        let targets = panel["targets"].as_array().unwrap().iter();
        targets.map(|target| [&panel["title"], &target["expr"]].map(|it| it.as_str().unwrap()))
    });
    queries.map(|[title, query]| (title.to_string(), query.to_string())).collect()
}

/// The labels of a series, as a query writes them.
fn labels(series: &Value) -> String {
    let labels = series["metric"].as_object().unwrap();
    let labels = labels.iter().filter(|(name, _)| *name != "__name__");
    let labels: Vec<_> = labels.map(|(name, value)| format!("{name}={value}")).collect();
    let name = series["metric"]["__name__"].as_str().unwrap_or_default();
    format!("{name}{{{}}}", labels.join(", "))
}

fn has_a_number(series: &Value) -> bool {
    let value = series["value"][1].as_str().unwrap();
    value.parse::<f64>().unwrap().is_finite()
}

/// The names and units of the instruments that a step exports.
fn instruments(number: u8, paths: &[&str], judge: &str) -> BTreeSet<(String, String)> {
    let set_up = |program: Program| {
        let program = program.env_remove("APPLICATIONINSIGHTS_CONNECTION_STRING");
        program.env("VERDICT_URL", judge)
    };
    let session = Session::with(number, set_up, |_| Answer::Status(200)).unwrap();
    for path in paths {
        session.step.get(path).unwrap();
    }
    let Session { step, backend, .. } = session;
    step.stop().unwrap();
    let requests = backend.requests().into_iter().filter(|request| request.path == "/v1/metrics");
    let resources = requests.flat_map(|request| otlp(&request.body).resource_metrics);
    let scopes = resources.flat_map(|resource| resource.scope_metrics);
    let metrics = scopes.flat_map(|scope| scope.metrics);
    metrics.map(|metric| (metric.name, metric.unit)).collect()
}

#[test]
#[ignore = "waits for a dashboard to have data"]
fn every_query_of_the_dashboard_has_data() {
    let Some(Hurried { prometheus, .. }) = &Hurried::start() else { return };
    let judge = quick_judge();
    let http = step_to(3, prometheus.otlp()).start().unwrap();
    let own = step_to(6, prometheus.otlp()).env("VERDICT_URL", &judge).start().unwrap();
    let paths = ["/Ada/", "/Ada", "/%FF/", "/favicon.ico"];
    let queries = queries();
    let results = || queries.iter().map(|(_, query)| prometheus.query(query));
    // The data includes everything that is counted: each route, each status, both verdicts.
    let enough = |result: &Vec<Value>| !result.is_empty() && result.iter().all(has_a_number);
    wait_until("data for every query", || {
        for path in paths {
            http.get(path).unwrap();
        }
        own.get("/Ada/").unwrap();
        results().all(|result| enough(&result))
    })
    .unwrap();

    let mut text = String::new();
    let mut before = None;
    for ((title, query), mut result) in queries.iter().zip(results()) {
        if before.replace(title) != Some(title) {
            writeln!(text, "# {title}").unwrap();
        }
        writeln!(text, "{query}").unwrap();
        result.sort_by_key(labels);
        for series in result {
            writeln!(text, "    {}  <value>", labels(&series)).unwrap();
        }
    }
    assert_snapshot("queries", &text);

    let names = prometheus.get("/api/v1/label/__name__/values");
    let names: Vec<_> =
        names.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let mut instruments = [3, 6].map(|number| instruments(number, &paths, &judge));
    let mut text = format!("{:<32}{:<11}Prometheus\n", "OpenTelemetry", "unit");
    for (name, unit) in instruments.iter_mut().flat_map(std::mem::take) {
        let (mut left, translated) =
            (format!("{name:<32}{unit:<11}"), name.replace(['.', '-'], "_"));
        let found: Vec<_> = names.iter().filter(|name| name.starts_with(&translated)).collect();
        assert!(!found.is_empty(), "{name} in {names:?}");
        for name in found {
            writeln!(text, "{left}{name}").unwrap();
            left = " ".repeat(left.len());
        }
    }
    let counter = prometheus.query("naughty_or_nice_counter_total").iter().map(labels).min();
    writeln!(text, "\n{}", counter.unwrap()).unwrap();
    assert_snapshot("names", &text);
    for step in [http, own] {
        assert!(step.stop().unwrap().status.success());
    }
}
