//! The size of agents, gateways and Prometheus, computed from one export of step 03.

use std::{fmt::Write as _, fs};

use harness::{Answer, Program, Running};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use serde_json::Value;
use tests::{Session, assert_snapshot_in, otlp, prometheus::Prometheus, root, step};

/// The pages that a visitor can ask for. Another request adds no series.
const VISITS: [&str; 5] = ["/Ada/", "/Ada", "/", "/favicon.ico", "/%FF/"];
const EXPORTS_PER_HOUR: u64 = 60;
/// According to Prometheus, a sample takes one to two bytes on disk, on average.
const BYTES_PER_SAMPLE: u64 = 2;
const DAYS: u64 = 15;

/// One instance of an app.
struct Instance {
    points: u64,
    bytes: u64,
    series: u64,
}

/// The step exports once, at the end, with an instance ID as long as in production.
fn set_up(program: Program) -> Program {
    let id = "service.instance.id=6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
    let program = program.env("OTEL_RESOURCE_ATTRIBUTES", id);
    program.env("OTEL_METRIC_EXPORT_INTERVAL", "3600000")
}

fn visit(step: Running) {
    // Enough visits that both verdicts occur.
    for path in VISITS.repeat(5) {
        step.get(path).unwrap();
    }
    assert!(step.stop().unwrap().status.success());
}

impl Instance {
    fn measure() -> Self {
        let session = Session::with(3, set_up, |_| Answer::Status(200)).unwrap();
        let Session { step, backend, .. } = session;
        visit(step);
        let [export] = &backend.requests()[..] else { panic!("one export") };
        let request = otlp(&export.body);
        let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
        // Prometheus adds `target_info`, which has the attributes of the resource.
        let mut instance = Self { points: 0, bytes: export.body.len() as u64, series: 1 };
        for metric in scopes.flat_map(|scope| &scope.metrics) {
            let (points, series) = match &metric.data {
                Some(Data::Sum(sum)) => (sum.data_points.len(), sum.data_points.len()),
                Some(Data::Gauge(gauge)) => (gauge.data_points.len(), gauge.data_points.len()),
                Some(Data::Histogram(histogram)) => {
                    let points = &histogram.data_points;
                    // A series for each bucket, one for the sum, and one for the count.
                    let series = points.iter().map(|point| point.bucket_counts.len() + 2).sum();
                    (points.len(), series)
                }
                other => panic!("step 03 has no such metric: {other:?}"),
            };
            instance.points += points as u64;
            instance.series += series as u64;
        }
        instance
    }
}

#[test]
#[ignore = "needs a real Prometheus"]
fn prometheus_has_as_many_series_as_computed() {
    let config = root().join("prometheus/prometheus.yml");
    let Some(prometheus) = Prometheus::start(config) else { return };
    visit(set_up(step(3).env("OTEL_EXPORTER_OTLP_ENDPOINT", prometheus.otlp())).start().unwrap());
    let series = Instance::measure().series.to_string().parse().unwrap();
    prometheus.wait_for_value("count({__name__=~\".+\"})", series).unwrap();
}

/// A number with a separator of thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in the largest unit whose value is at least 1.
#[expect(clippy::cast_precision_loss, reason = "one digit after the point is shown")]
fn size(bytes: u64) -> String {
    let mut size = bytes as f64;
    let mut units = ["B", "kB", "MB", "GB", "TB"].iter();
    while size >= 1000.0 && units.len() > 1 {
        size /= 1000.0;
        units.next();
    }
    format!("{size:.1} {}", units.as_slice()[0])
}

#[test]
fn sizes_for_ten_to_a_hundred_thousand_instances() {
    let Instance { points, bytes, series } = Instance::measure();
    let mut table = format!(
        "An instance: {points} data points in {} bytes each minute, {series} series in Prometheus\n\n\
         instances      series  samples/s   network/s  queued/hour  disk for {DAYS} days\n",
        grouped(bytes),
    );
    for instances in [10, 1_000, 100_000] {
        let samples = instances * series * EXPORTS_PER_HOUR / 3600;
        let network = instances * bytes * EXPORTS_PER_HOUR / 3600;
        let queued = instances * bytes * EXPORTS_PER_HOUR;
        let hourly = instances * series * EXPORTS_PER_HOUR;
        let disk = hourly * 24 * DAYS * BYTES_PER_SAMPLE;
        let [network, queued, disk] = [network, queued, disk].map(size);
        let [instances, series, samples] = [instances, instances * series, samples].map(grouped);
        writeln!(
            table,
            "{instances:>9}  {series:>10}  {samples:>9}  {network:>10}  {queued:>11}  {disk:>16}",
        )
        .unwrap();
    }
    assert_snapshot_in(&root().join("gateway/snapshots"), "sizes", table.trim_end());
}

/// The limits in a configuration file of a Collector.
fn limits(file: &str) -> (u64, u64) {
    let text = fs::read_to_string(root().join("gateway").join(file)).unwrap();
    let config: Value = serde_saphyr::from_str(&text).unwrap();
    let memory = &config["processors"]["memory_limiter"]["limit_mib"];
    let queue = &config["exporters"]["otlp_http"]["sending_queue"]["queue_size"];
    (memory.as_u64().unwrap(), queue.as_u64().unwrap())
}

#[test]
fn a_queue_is_full_after_the_hours_that_the_page_shows() {
    let bytes = Instance::measure().bytes;
    let mut table =
        String::from("piece    instances  memory, at most  queue, at most  full after\n");
    for (piece, instances) in [("agent", 1), ("gateway", 1_000), ("gateway", 10_000)] {
        let (memory, queue) = limits(&format!("{piece}.yml"));
        let minutes = queue * 60 / (instances * bytes * EXPORTS_PER_HOUR);
        let full =
            if minutes < 120 { format!("{minutes} min") } else { format!("{} h", minutes / 60) };
        let instances = grouped(instances);
        let queue = size(queue);
        writeln!(table, "{piece:<7}  {instances:>9}  {memory:>11} MiB  {queue:>14}  {full:>10}")
            .unwrap();
    }
    assert_snapshot_in(&root().join("gateway/snapshots"), "limits", table.trim_end());
}
