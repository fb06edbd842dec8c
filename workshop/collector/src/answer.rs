//! What a request is answered: an `ExportMetricsServiceResponse`, or the `Status` that every
//! refusal of OTLP/HTTP carries.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use prost::Message as _;

use crate::body::BodyError;
use crate::decode::{DecodeError, Encoding};

/// Why a request is refused. The text is for the developer on the other side.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("unsupported Content-Encoding: {0} (this stand-in takes gzip, deflate, zlib or none)")]
    ContentEncoding(String),
    #[error(
        "nothing is at {0}: this stand-in for the Collector takes metrics alone, at /v1/metrics"
    )]
    Path(String),
    #[error("method {0} not allowed, supported: [POST]")]
    Method(String),
    #[error("unsupported media type, supported: [application/json, application/x-protobuf]")]
    MediaType,
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("this stand-in has a bug: it could not handle the request")]
    Bug,
}

impl Refusal {
    /// The HTTP status, and the code of the `Status` message that the Collector gives it
    /// (`internal/statusutil` in its sources; one of
    /// <https://github.com/grpc/grpc/blob/master/doc/statuscodes.md>).
    fn codes(&self) -> (StatusCode, i32) {
        const UNKNOWN: i32 = 2;
        const INVALID_ARGUMENT: i32 = 3;
        const UNIMPLEMENTED: i32 = 12;
        const INTERNAL: i32 = 13;
        match self {
            Self::Bug => (StatusCode::INTERNAL_SERVER_ERROR, INTERNAL),
            Self::Path(_) => (StatusCode::NOT_FOUND, UNIMPLEMENTED),
            Self::Method(_) => (StatusCode::METHOD_NOT_ALLOWED, UNKNOWN),
            Self::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, UNKNOWN),
            Self::Body(BodyError::TooLarge { .. }) => (StatusCode::PAYLOAD_TOO_LARGE, UNKNOWN),
            Self::ContentEncoding(_) | Self::Body(_) | Self::Decode(_) => {
                (StatusCode::BAD_REQUEST, INVALID_ARGUMENT)
            }
        }
    }
}

/// `google.rpc.Status` without its details, which OTLP leaves to the server.
#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

/// The answer to a request that was accepted.
///
/// An `ExportMetricsServiceResponse` without `partial_success`, which the specification wants
/// unset on success: no bytes at all in Protobuf.
pub(crate) fn success(encoding: Encoding) -> Response {
    let body = match encoding {
        Encoding::Protobuf => Vec::new(),
        Encoding::Json => b"{}".to_vec(),
    };
    response(StatusCode::OK, encoding, body)
}

/// The answer to a request that is refused, in the encoding of the request, or in JSON when that
/// is none of OTLP's.
pub(crate) fn refusal(encoding: Option<Encoding>, refusal: &Refusal) -> Response {
    let (status, code) = refusal.codes();
    let encoding = encoding.unwrap_or(Encoding::Json);
    let message = refusal.to_string();
    let body = match encoding {
        Encoding::Protobuf => Status { code, message }.encode_to_vec(),
        Encoding::Json => {
            serde_json::json!({ "code": code, "message": message }).to_string().into_bytes()
        }
    };
    let mut response = response(status, encoding, body);
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

fn response(status: StatusCode, encoding: Encoding, body: Vec<u8>) -> Response {
    (status, [(header::CONTENT_TYPE, encoding.content_type())], body).into_response()
}
