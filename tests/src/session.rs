//! A step with its back end, and the exports of metrics that reached it.

use std::io::{self, Read};

use flate2::read::GzDecoder;
use harness::{Answer, Backend, Error, Finished, Program, Received, Running};
use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    metrics::v1::{metric::Data, number_data_point::Value},
};
use prost::Message;

use crate::{azure, step};

/// A step that runs, with a back end of its own.
pub struct Session {
    number: u8,
    /// The step.
    pub step: Running,
    /// The receiver of its telemetry. Step 02 exports to stdout, and step 01 not at all.
    pub backend: Backend,
}

impl Session {
    /// Starts a step with a back end that accepts everything.
    pub fn start(number: u8) -> Result<Self, Error> {
        Self::with(number, |program| program, |_| Answer::Status(200))
    }

    /// Starts a step with the settings of `set_up`, and a back end with the responses of `answer`.
    pub fn with(
        number: u8,
        set_up: impl FnOnce(Program) -> Program,
        answer: impl FnMut(usize) -> Answer + Send + 'static,
    ) -> Result<Self, Error> {
        let backend = Backend::start(answer)?;
        let step = set_up(pointed_at(number, &backend)).start()?;
        Ok(Self { number, step, backend })
    }

    /// Stops the step. Returns its output, and each export of metrics as readable text.
    pub fn stop(self) -> Result<(Finished, Vec<String>), Error> {
        let Self { number, step, backend } = self;
        let finished = step.stop()?;
        let exports = match number {
            2 => finished.stdout.split("Metrics\n").skip(1).map(str::to_string).collect(),
            _ => metrics_in(&backend).iter().map(|request| readable(&request.body)).collect(),
        };
        Ok((finished, exports))
    }

    /// The exports of metrics so far that reached the back end.
    pub fn received(&self) -> Vec<Received> {
        metrics_in(&self.backend)
    }

    /// The number of exports of metrics so far.
    pub fn exports(&self) -> usize {
        match self.number {
            2 => self.step.stdout().matches("Metrics\n").count(),
            _ => self.received().len(),
        }
    }

    /// Waits for a total of `count` exports of metrics.
    pub fn wait_for_exports(&self, count: usize) -> Result<(), Error> {
        let enough = |requests: &[Received]| {
            requests.iter().filter(|request| has_metrics(request)).count() >= count
        };
        if self.number == 2 {
            self.step.wait_for_stdout(|text| text.matches("Metrics\n").count() >= count)?;
        } else if !enough(&self.backend.wait_until(enough)) {
            return Err(io::Error::other(format!("fewer than {count} exports came")).into());
        }
        Ok(())
    }
}

fn metrics_in(backend: &Backend) -> Vec<Received> {
    backend.requests().into_iter().filter(has_metrics).collect()
}

/// Application Insights has one path for all signals.
fn has_metrics(request: &Received) -> bool {
    request.path == "/v1/metrics"
        || request.path == "/v2/track" && readable(&request.body).contains("\"MetricData\"")
}

/// A step that exports to `backend`.
pub fn pointed_at(number: u8, backend: &Backend) -> Program {
    let address = backend.address();
    let program = step(number).env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{address}"));
    azure(program, address)
}

/// An export as text: OTLP as the Collector prints it, Application Insights' envelopes as JSON.
pub fn readable(body: &[u8]) -> String {
    if body.starts_with(&[0x1f, 0x8b]) {
        let mut json = String::new();
        GzDecoder::new(body).read_to_string(&mut json).expect("the envelopes are gzipped text");
        json
    } else {
        collector::print(&otlp(body))
    }
}

/// An export as OTLP.
pub fn otlp(body: &[u8]) -> ExportMetricsServiceRequest {
    ExportMetricsServiceRequest::decode(body).expect("the export is OTLP in protobuf")
}

/// An export as Application Insights' envelopes.
pub fn envelopes(body: &[u8]) -> Vec<serde_json::Value> {
    serde_json::from_str(&readable(body)).expect("the export is an array of envelopes")
}

/// The total of step 03's counter in an export, over both verdicts.
pub fn greetings(body: &[u8]) -> i64 {
    let request = otlp(body);
    let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
    let metrics = scopes.flat_map(|scope| &scope.metrics);
    let counter = metrics.filter(|metric| metric.name == "naughty_or_nice_counter");
    let points = counter.flat_map(|metric| match &metric.data {
        Some(Data::Sum(sum)) => sum.data_points.clone(),
        other => panic!("the counter is a sum: {other:?}"),
    });
    points
        .map(|point| match point.value {
            Some(Value::AsInt(value)) => value,
            other => panic!("the counter counts in integers: {other:?}"),
        })
        .sum()
}

/// The total of step 04's counter in the envelopes of an export.
#[expect(clippy::cast_possible_truncation, reason = "a count is a small whole number")]
pub fn requests(body: &[u8]) -> i64 {
    let count = |envelope: serde_json::Value| {
        let metric = envelope["data"]["baseData"]["metrics"][0].clone();
        (metric["name"] == "request-count").then(|| metric["value"].as_f64().unwrap() as i64)
    };
    envelopes(body).into_iter().filter_map(count).sum()
}
