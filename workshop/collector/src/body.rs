//! Receives and decompresses the body of a request, up to [`LIMIT`] bytes.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#otlphttp-request>: "The server MUST limit the size of
//! the request body when parsing it, including after decompression". "It is RECOMMENDED to use 20
//! MiB as the default limit."

use std::io::{self, Read};

use axum::body::Body;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use http_body_util::BodyExt as _;

/// The largest body in bytes, before and after decompression: 20 MiB.
pub const LIMIT: usize = 20 * 1024 * 1024;

/// The number of bytes beyond the limit that are received and discarded. Many clients read the
/// response only after they have sent the whole body. Without these bytes, such a client would get
/// a broken connection instead of the response.
const DISCARDED: usize = LIMIT;

/// A body that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// More than [`LIMIT`] bytes, as sent or decompressed.
    #[error("the body is larger than {LIMIT} bytes (20 MiB){}", if *.decompressed { " after decompression" } else { "" })]
    TooLarge {
        /// Whether the body exceeds the limit only after decompression.
        decompressed: bool,
    },
    /// The client disconnected before the end of the body, or violated HTTP.
    #[error("the body ends early: {0}")]
    Incomplete(#[source] axum::Error),
    /// The body does not have the compression in the `Content-Encoding` header.
    #[error("the body is not {coding}: {source}")]
    BadCompression {
        /// The name in the `Content-Encoding` header.
        coding: &'static str,
        /// The error of the decoder.
        source: io::Error,
    },
}

/// The compression of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// No compression.
    None,
    /// `gzip`, the only compression in the OTLP specification.
    Gzip,
    /// `deflate` or `zlib`, which the Collector also accepts.
    Zlib,
}

impl Compression {
    /// The compression that a `Content-Encoding` header names. As in the Collector, the names are
    /// case-sensitive, and `identity` is unknown.
    #[must_use]
    pub fn from_content_encoding(header: &str) -> Option<Self> {
        match header {
            "" => Some(Self::None),
            "gzip" => Some(Self::Gzip),
            "deflate" | "zlib" => Some(Self::Zlib),
            _ => None,
        }
    }
}

/// Receives a body without decompressing it.
pub async fn receive(mut body: Body) -> Result<Vec<u8>, BodyError> {
    let mut received = Vec::new();
    let mut discarded = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(BodyError::Incomplete)?;
        let Some(data) = frame.data_ref() else { continue };
        if discarded == 0 && received.len() + data.len() <= LIMIT {
            received.extend_from_slice(data);
            continue;
        }
        received = Vec::new();
        discarded += data.len();
        if discarded > DISCARDED {
            break;
        }
    }
    if discarded > 0 { Err(BodyError::TooLarge { decompressed: false }) } else { Ok(received) }
}

/// Decompresses a body. Stops as soon as the result exceeds [`LIMIT`].
pub fn decompress(compression: Compression, received: Vec<u8>) -> Result<Vec<u8>, BodyError> {
    let (coding, mut reader): (_, Box<dyn Read>) = match compression {
        Compression::None => return Ok(received),
        Compression::Gzip => ("gzip", Box::new(MultiGzDecoder::new(received.as_slice()))),
        Compression::Zlib => ("deflate", Box::new(ZlibDecoder::new(received.as_slice()))),
    };
    let mut body = Vec::new();
    let more_than_allowed = u64::try_from(LIMIT).map_or(u64::MAX, |limit| limit + 1);
    reader
        .by_ref()
        .take(more_than_allowed)
        .read_to_end(&mut body)
        .map_err(|source| BodyError::BadCompression { coding, source })?;
    if body.len() > LIMIT {
        return Err(BodyError::TooLarge { decompressed: true });
    }
    Ok(body)
}
