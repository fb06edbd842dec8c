//! Decodes the body of a request into Protobuf messages.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::{Exemplar, metric::Data};
use prost::Message as _;

use crate::json;

/// The two encodings of OTLP/HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Binary Protobuf, `application/x-protobuf`.
    Protobuf,
    /// JSON Protobuf, `application/json`.
    Json,
}

impl Encoding {
    /// The encoding of a `Content-Type` header, or `None` for another type.
    ///
    /// The type is case-insensitive, and parameters such as `charset` are allowed (RFC 9110,
    /// section 8.3.1). An invalid parameter makes the whole header invalid, as in Go's
    /// `mime.ParseMediaType`.
    #[must_use]
    pub fn from_content_type(header: &str) -> Option<Self> {
        let (media_type, parameters) = header.split_once(';').unwrap_or((header, ""));
        let mut parameters = parameters.split(';').map(str::trim).filter(|part| !part.is_empty());
        if !parameters.all(|part| part.split_once('=').is_some_and(|(name, _)| !name.is_empty())) {
            return None;
        }
        let media_type = media_type.trim();
        [Self::Protobuf, Self::Json]
            .into_iter()
            .find(|encoding| media_type.eq_ignore_ascii_case(encoding.content_type()))
    }

    /// The value of the `Content-Type` header.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }
}

/// The body of a request is not a valid `ExportMetricsServiceRequest`.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Invalid Protobuf, or a field of the wrong type.
    #[error("the body is not an ExportMetricsServiceRequest in Protobuf: {0}")]
    Protobuf(#[from] prost::DecodeError),
    /// Invalid JSON, or a field of the wrong type.
    #[error("the body is not an ExportMetricsServiceRequest in JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// An exemplar's id that is not empty and has the wrong length.
    #[error("a {name} has {expected} bytes, this one has {found}")]
    IdLength {
        /// `trace id` or `span id`.
        name: &'static str,
        /// The valid length in bytes, 16 or 8.
        expected: usize,
        /// The length in bytes.
        found: usize,
    },
}

/// Decodes the decompressed body of a request.
pub fn decode(encoding: Encoding, body: &[u8]) -> Result<ExportMetricsServiceRequest, DecodeError> {
    let request = match encoding {
        Encoding::Protobuf => ExportMetricsServiceRequest::decode(body)?,
        Encoding::Json => json::read(body)?,
    };
    for exemplar in exemplars(&request) {
        check_length("trace id", 16, &exemplar.trace_id)?;
        check_length("span id", 8, &exemplar.span_id)?;
    }
    Ok(request)
}

/// The schema (metrics.proto) requires of both ids "must be a 16-byte/8-byte array", but Protobuf
/// itself accepts any length.
fn check_length(name: &'static str, expected: usize, id: &[u8]) -> Result<(), DecodeError> {
    match id.len() {
        0 => Ok(()),
        found if found == expected => Ok(()),
        found => Err(DecodeError::IdLength { name, expected, found }),
    }
}

fn exemplars(request: &ExportMetricsServiceRequest) -> impl Iterator<Item = &Exemplar> {
    let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
    let metrics = scopes.flat_map(|scope| &scope.metrics);
    metrics.flat_map(|metric| -> Box<dyn Iterator<Item = &Exemplar>> {
        match &metric.data {
            Some(Data::Gauge(data)) => Box::new(data.data_points.iter().flat_map(|p| &p.exemplars)),
            Some(Data::Sum(data)) => Box::new(data.data_points.iter().flat_map(|p| &p.exemplars)),
            Some(Data::Histogram(data)) => {
                Box::new(data.data_points.iter().flat_map(|p| &p.exemplars))
            }
            Some(Data::ExponentialHistogram(data)) => {
                Box::new(data.data_points.iter().flat_map(|p| &p.exemplars))
            }
            Some(Data::Summary(_)) | None => Box::new(std::iter::empty()),
        }
    })
}
