//! The export to Azure through the real Collector, which has to convert cumulative data to delta.

use std::{fmt::Write as _, io::Read as _, net, path::Path, thread, time::Duration};

use axum::{Router, extract::State, routing::get};
use flate2::read::GzDecoder;
use harness::{Answer, Backend, Program, Received};
use opentelemetry_proto::tonic::metrics::v1::{HistogramDataPoint, metric::Data};
use tests::{
    assert_snapshot_in, otlp,
    real_collector::{free_port, otelcol},
    root, step,
};
use tokio::{net::TcpListener, runtime::Builder, sync::watch, time::sleep};

const PIPELINE: &str = "azure/collector/pipeline.yml";
const TRIAL: &str = "azure/collector/otlp.yml";
const REQUESTS: u64 = 10;
/// A little less than the table says, because a visit always takes a little longer.
const SLOW: Duration = Duration::from_millis(1960);
/// The phases of a run: a name, the requests, and the delay of each.
const PHASES: [(&str, u64, Duration); 6] = [
    ("fast", REQUESTS, Duration::ZERO),
    ("slow", REQUESTS, SLOW),
    ("fast again", REQUESTS, Duration::ZERO),
    ("fast", REQUESTS, Duration::ZERO),
    ("fast", REQUESTS, Duration::ZERO),
    ("no requests", 0, Duration::ZERO),
];

#[test]
#[ignore = "needs a real Collector"]
fn the_files_for_azure_are_valid() {
    let Some(otelcol) = otelcol() else { return };
    let validate = |files: &[&str]| {
        let program = Program::new(&otelcol).arg("validate").current_dir(root());
        program.args(files.iter().map(|file| format!("--config={file}"))).run().unwrap()
    };
    let finished = validate(&[PIPELINE, TRIAL]);
    assert!(finished.status.success(), "{}", finished.stderr);
    // Neither file is complete without the other.
    assert!(!validate(&[PIPELINE]).status.success());

    // This Collector lacks the exporter. When it has the exporter, `azuremonitor.yml` can be
    // validated, and its comment is wrong.
    let finished = validate(&[PIPELINE, "azure/collector/azuremonitor.yml"]);
    assert!(!finished.status.success());
    assert!(finished.stderr.contains("azuremonitor"), "{}", finished.stderr);
}

/// A service that the app asks for each verdict, so that the test can set how slow the app is.
struct Verdicts {
    url: String,
    delay: watch::Sender<Duration>,
}

impl Verdicts {
    fn start() -> Self {
        let (delay, current) = watch::channel(Duration::ZERO);
        let decide = |State(delay): State<watch::Receiver<Duration>>| async move {
            let delay = *delay.borrow();
            sleep(delay).await;
            "nice"
        };
        let app = Router::new().route("/api/verdict", get(decide)).with_state(current);
        let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        listener.set_nonblocking(true).unwrap();
        // It serves until the tests end.
        thread::spawn(|| {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                axum::serve(TcpListener::from_std(listener).unwrap(), app).await.unwrap();
            });
        });
        Self { url, delay }
    }
}

/// The sum and the count of `request-latency` in an export.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Latency {
    sum: f64,
    count: u64,
}

impl Latency {
    fn in_export(request: &Received) -> Self {
        let mut body = Vec::new();
        match &*request.encoding {
            "gzip" => drop(GzDecoder::new(&*request.body).read_to_end(&mut body).unwrap()),
            _ => body.clone_from(&request.body),
        }
        let request = otlp(&body);
        let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
        let latency = scopes.flat_map(|it| &it.metrics).filter(|it| it.name == "request-latency");
        let points = latency.flat_map(|metric| match &metric.data {
            Some(Data::Histogram(histogram)) => histogram.data_points.clone(),
            other => panic!("not a histogram: {other:?}"),
        });
        points.fold(Self::default(), |all, point| all.plus(&point))
    }

    fn plus(self, point: &HistogramDataPoint) -> Self {
        Self { sum: self.sum + point.sum(), count: self.count + point.count }
    }

    /// The total of a phase. Delta exports add up, and the last cumulative export has the total.
    fn of_phase(exports: &[Self], is_delta: bool) -> Self {
        let exports = if is_delta { exports } else { &exports[exports.len().saturating_sub(1)..] };
        exports.iter().fold(Self::default(), |all, it| Self {
            sum: all.sum + it.sum,
            count: all.count + it.count,
        })
    }

    /// The average, as Azure computes it.
    #[expect(clippy::cast_precision_loss, reason = "a count is small")]
    fn average(self) -> String {
        match self.count {
            0 => "-".to_string(),
            count => format!("{:.1} s", self.sum / count as f64 / 1000.0),
        }
    }
}

fn exports(requests: &[Received]) -> Vec<Latency> {
    requests.iter().filter(|it| it.path == "/v1/metrics").map(Latency::in_export).collect()
}

/// Runs step 06 in front of the pipeline, with or without the processor. Returns the average that
/// Azure computes for each phase.
fn averages(otelcol: &Path, is_delta: bool) -> Vec<String> {
    let backend = Backend::start(|_| Answer::Status(200)).unwrap();
    let address = format!("127.0.0.1:{}", free_port());
    let mut collector = Program::new(otelcol)
        .current_dir(root())
        .args([PIPELINE, TRIAL].map(|file| format!("--config={file}")))
        .arg(format!("--set=receivers.otlp.protocols.http.endpoint={address}"))
        .arg("--set=service.telemetry.metrics.level=none")
        .env("BACKEND", format!("http://{}", backend.address()));
    if !is_delta {
        collector = collector.arg("--set=service.pipelines.metrics.processors=[memory_limiter]");
    }
    let collector = collector.start_when("Everything is ready.").unwrap();
    let verdicts = Verdicts::start();
    let app = step(6)
        .env_remove("APPLICATIONINSIGHTS_CONNECTION_STRING")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{address}"))
        .env("OTEL_METRIC_EXPORT_INTERVAL", "500")
        .env("VERDICT_URL", &verdicts.url)
        .start()
        .unwrap();

    let (mut averages, mut seen, mut total) = (Vec::new(), 0, 0);
    for (_, requests, delay) in PHASES {
        verdicts.delay.send(delay).unwrap();
        let visit = || assert_eq!(app.get("/Ada/").unwrap().status, 200);
        thread::scope(|scope| {
            for _ in 0..requests {
                // Fast visits at the same time would wait for each other.
                if delay.is_zero() { visit() } else { drop(scope.spawn(visit)) }
            }
        });
        total += requests;
        let all = backend.wait_until(|received| {
            let exports = exports(received);
            let arrived = Latency::of_phase(&exports, is_delta).count;
            arrived == total && exports.len() >= seen + 2
        });
        let all = exports(&all);
        averages.push(Latency::of_phase(&all[seen..], is_delta).average());
        seen = all.len();
    }
    assert!(app.stop().unwrap().status.success());
    assert!(collector.stop().unwrap().status.success());
    averages
}

#[test]
#[ignore = "needs a real Collector"]
fn an_average_falls_after_a_slow_phase_only_with_delta() {
    let Some(otelcol) = otelcol() else { return };
    let (cumulative, delta) = thread::scope(|scope| {
        let cumulative = scope.spawn(|| averages(&otelcol, false));
        let delta = averages(&otelcol, true);
        (cumulative.join().unwrap(), delta)
    });
    let mut table = String::from("phase        requests  cumulative  delta\n");
    for (((name, requests, _), cumulative), delta) in PHASES.iter().zip(&cumulative).zip(&delta) {
        writeln!(table, "{name:<11}  {requests:8}  {cumulative:>10}  {delta:>5}").unwrap();
    }
    assert_snapshot_in(&root().join("azure/collector/snapshots"), "averages", table.trim_end());
}
