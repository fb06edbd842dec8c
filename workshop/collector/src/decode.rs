//! Decodes the body of a request into Protobuf messages.

use crate::json;
use crate::request::{ExportRequest, Ids};

/// The two encodings of OTLP/HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Binary Protobuf, `application/x-protobuf`.
    Protobuf,
    /// JSON Protobuf, `application/json`.
    Json,
}

impl Encoding {
    /// The encoding that a `Content-Type` header names, or `None` for any other type.
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

/// The body of a request is not a valid message for its path.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Invalid Protobuf, or a field of the wrong type.
    #[error("the body is not an {message} in Protobuf: {source}")]
    Protobuf {
        /// The name of the message.
        message: &'static str,
        /// The error of the decoder.
        source: prost::DecodeError,
    },
    /// Invalid JSON, or a field of the wrong type.
    #[error("the body is not an {message} in JSON: {source}")]
    Json {
        /// The name of the message.
        message: &'static str,
        /// The error of the decoder.
        source: serde_json::Error,
    },
    /// An id that is not empty and has the wrong length.
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
pub fn decode<R: ExportRequest>(encoding: Encoding, body: &[u8]) -> Result<R, DecodeError> {
    let message = R::NAME;
    let request: R = match encoding {
        Encoding::Protobuf => {
            R::decode(body).map_err(|source| DecodeError::Protobuf { message, source })?
        }
        Encoding::Json => {
            json::read(body).map_err(|source| DecodeError::Json { message, source })?
        }
    };
    for Ids { trace, span } in request.ids() {
        check_length("trace id", 16, trace)?;
        check_length("span id", 8, span)?;
    }
    Ok(request)
}

/// Checks a length that Protobuf itself does not limit: in the schemas, a trace id "is a 16-byte
/// array" and a span id "is an 8-byte array".
fn check_length(name: &'static str, expected: usize, id: &[u8]) -> Result<(), DecodeError> {
    match id.len() {
        0 => Ok(()),
        found if found == expected => Ok(()),
        found => Err(DecodeError::IdLength { name, expected, found }),
    }
}
