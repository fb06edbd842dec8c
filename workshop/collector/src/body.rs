//! The body of a request: received and decompressed, never more than [`LIMIT`] bytes of it.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#otlphttp-request>: "The server MUST limit the size of
//! the request body when parsing it, including after decompression". "It is RECOMMENDED to use 20
//! MiB as the default limit."

use std::io::{self, Read};

use axum::body::Body;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use http_body_util::BodyExt as _;

/// The most bytes that a body may have, before and after decompression: 20 MiB.
pub const LIMIT: usize = 20 * 1024 * 1024;

/// How far past the limit a body is still received, and thrown away: a client that writes all of
/// it before it reads would otherwise see a broken connection in place of the answer.
const RECEIVED_AND_DROPPED: usize = LIMIT;

/// Why a body cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// More than [`LIMIT`] bytes, as sent or decompressed.
    #[error("the body is larger than {LIMIT} bytes (20 MiB){}", if *.decompressed { " after decompression" } else { "" })]
    TooLarge {
        /// Whether it was small enough before decompression.
        decompressed: bool,
    },
    /// The client stopped in the middle, or broke the rules of HTTP.
    #[error("the body ends early: {0}")]
    Incomplete(#[source] axum::Error),
    /// Not the compression that `Content-Encoding` names.
    #[error("the body is not {coding}: {source}")]
    BadCompression {
        /// The name in the `Content-Encoding` header.
        coding: &'static str,
        /// What is wrong with it.
        source: io::Error,
    },
}

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// `gzip`, the one that OTLP names.
    Gzip,
    /// `deflate` or `zlib`, which the Collector takes as well.
    Zlib,
}

impl Compression {
    /// The compression that a `Content-Encoding` header names. Exact names alone: the Collector
    /// knows neither `GZIP` nor `identity`.
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

/// Receives a body as it was sent.
///
/// # Errors
/// More bytes than [`LIMIT`], or a client that stops in the middle.
pub async fn receive(mut body: Body) -> Result<Vec<u8>, BodyError> {
    let mut received = Vec::new();
    let mut dropped = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(BodyError::Incomplete)?;
        let Some(data) = frame.data_ref() else { continue };
        if dropped == 0 && received.len() + data.len() <= LIMIT {
            received.extend_from_slice(data);
            continue;
        }
        received = Vec::new();
        dropped += data.len();
        if dropped > RECEIVED_AND_DROPPED {
            break;
        }
    }
    if dropped > 0 { Err(BodyError::TooLarge { decompressed: false }) } else { Ok(received) }
}

/// Undoes the compression, and stops as soon as the result is larger than [`LIMIT`].
///
/// # Errors
/// More bytes than [`LIMIT`], or a body that is not compressed that way.
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
