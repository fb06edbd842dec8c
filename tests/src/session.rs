//! A step together with a back end of its own, whatever kind it needs, and what reached it.

use std::io::Read;

use flate2::read::GzDecoder;
use harness::{Answer, Backend, Error, Finished, Program, Running};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use prost::Message;

use crate::{azure, step};

/// A step that runs, with somebody to export to.
pub struct Session {
    number: u8,
    /// The step.
    pub step: Running,
    /// Who takes its telemetry. Step 02 has stdout for that, and step 01 has none.
    pub backend: Backend,
}

impl Session {
    /// Starts a step with a back end that takes everything.
    ///
    /// # Errors
    /// When either does not start.
    pub fn start(number: u8) -> Result<Self, Error> {
        Self::with(number, |program| program, |_| Answer::Status(200))
    }

    /// Starts a step as `set_up` wants it, with a back end that answers as `answer` says.
    ///
    /// # Errors
    /// When either does not start.
    pub fn with(
        number: u8,
        set_up: impl FnOnce(Program) -> Program,
        answer: impl FnMut(usize) -> Answer + Send + 'static,
    ) -> Result<Self, Error> {
        let backend = Backend::start(answer)?;
        let step = set_up(pointed_at(number, &backend)).start()?;
        Ok(Self { number, step, backend })
    }

    /// Stops the step and returns what it printed, and each export as readable text.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(self) -> Result<(Finished, Vec<String>), Error> {
        let finished = self.step.stop()?;
        let exports = match self.number {
            2 => finished.stdout.split("Metrics\n").skip(1).map(str::to_string).collect(),
            _ => self.backend.requests().iter().map(|request| readable(&request.body)).collect(),
        };
        Ok((finished, exports))
    }

    /// How many exports have arrived so far.
    pub fn exports(&self) -> usize {
        match self.number {
            2 => self.step.stdout().matches("Metrics\n").count(),
            _ => self.backend.requests().len(),
        }
    }

    /// Waits for `count` exports in all.
    ///
    /// # Errors
    /// When they do not come.
    pub fn wait_for_exports(&self, count: usize) -> Result<(), Error> {
        if self.number == 2 {
            self.step.wait_for_stdout(|text| text.matches("Metrics\n").count() >= count)?;
        } else {
            self.backend.wait_for(count);
        }
        Ok(())
    }
}

/// A step that exports to `backend`.
pub fn pointed_at(number: u8, backend: &Backend) -> Program {
    let address = backend.address();
    let program = step(number).env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{address}"));
    azure(program, address)
}

/// An export as text: OTLP as the Collector prints it, Application Insights' envelopes as JSON.
///
/// # Panics
/// When it is neither.
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
///
/// # Panics
/// When it is something else.
pub fn otlp(body: &[u8]) -> ExportMetricsServiceRequest {
    ExportMetricsServiceRequest::decode(body).expect("the export is OTLP in protobuf")
}

/// An export as Application Insights' envelopes.
///
/// # Panics
/// When it is something else.
pub fn envelopes(body: &[u8]) -> Vec<serde_json::Value> {
    serde_json::from_str(&readable(body)).expect("the export is an array of envelopes")
}
