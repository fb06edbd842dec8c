//! The requests of the three signals: the path, the ids and the text of each.
//!
//! The text is that of the debug exporter of Collector 0.162.0 at `verbosity: detailed` with
//! `use_internal_logger: false`, byte for byte. The submodules follow
//! `exporter/debugexporter/exporter.go` (the first line) and `internal/otlptext` (the rest) of
//! <https://github.com/open-telemetry/opentelemetry-collector>.

mod logs;
mod metrics;
mod traces;

use std::io::{self, Write};

use crate::json;

/// An OTLP request: an `ExportMetricsServiceRequest`, an `ExportTraceServiceRequest` or an
/// `ExportLogsServiceRequest`.
pub trait ExportRequest: json::Message + prost::Message + Default + 'static {
    /// The name of the message.
    const NAME: &str;
    /// The path of its endpoint.
    const PATH: &str;

    /// Every trace id and span id in the request.
    fn ids(&self) -> impl Iterator<Item = Ids<'_>>;

    /// Writes the text piece by piece, because the text can be many times larger than the request.
    /// Writes nothing for a request without a data point, a span or a log record.
    fn write(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// The ids of an exemplar, a span, a link or a log record. A parent has only a span id.
#[derive(Clone, Copy, Debug)]
pub struct Ids<'a> {
    /// The trace id, which can have any length.
    pub trace: &'a [u8],
    /// The span id, which can have any length.
    pub span: &'a [u8],
}

/// The text of a request. Empty if the request has no data point, span or log record.
#[must_use]
pub fn print(request: &impl ExportRequest) -> String {
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = request.write(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}
