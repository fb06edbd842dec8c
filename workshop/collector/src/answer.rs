//! The responses: a response without content, or the `Status` message of a refused request.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use prost::Message as _;

use crate::body::BodyError;
use crate::decode::{DecodeError, Encoding};

/// The reason to refuse a request. The message is for the developer of the client.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(
        "unsupported Content-Encoding: {0} (this stand-in accepts gzip, deflate, zlib or none)"
    )]
    ContentEncoding(String),
    #[error(
        "nothing is at {0}: this stand-in for the Collector accepts metrics at /v1/metrics, traces \
         at /v1/traces and logs at /v1/logs"
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
    /// The HTTP status and the code of the `Status` message. Both are those of the Collector
    /// (`internal/statusutil` in its sources). The codes are those of
    /// <https://github.com/grpc/grpc/blob/master/doc/statuscodes.md>.
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

/// `google.rpc.Status` without `details`, which are optional in OTLP.
#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

/// The response to an accepted request: an `ExportMetricsServiceResponse`, or the response of
/// another signal. The specification requires `partial_success` to be unset, so the message is
/// empty.
pub(crate) fn success(encoding: Encoding) -> Response {
    let body = match encoding {
        Encoding::Protobuf => Vec::new(),
        Encoding::Json => b"{}".to_vec(),
    };
    response(StatusCode::OK, encoding, body)
}

/// The response to a refused request, in the encoding of the request, or in JSON if that encoding
/// is not supported.
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
