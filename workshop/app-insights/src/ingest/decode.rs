//! Unpacks the body of a request and splits it into items.

use std::{fmt, io::Read};

use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use thiserror::Error;

use super::envelope::{self, Item, ItemError};

/// The maximum size of a body as sent, in bytes. This limit is the stand-in's own.
pub const MAX_SENT: usize = 4 << 20;
/// The maximum size of a body after unpacking, in bytes. This limit is the stand-in's own.
pub const MAX_UNPACKED: usize = 8 << 20;
/// The maximum number of items in one request. This limit is the stand-in's own.
pub const MAX_ITEMS: usize = 20_000;

/// The compression of a body, according to the `Content-Encoding` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// No compression.
    Identity,
    /// Gzip (RFC 1952).
    Gzip,
}

/// The separation of items, according to the `Content-Type` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// `application/json`: an array of items, or one item.
    Json,
    /// `application/x-json-stream`: one item per line, or an array.
    JsonStream,
}

/// The reason to refuse a whole body.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages are clear")]
pub enum BodyError {
    #[error("The body is larger than {MAX_UNPACKED} bytes after unpacking")]
    TooLarge,
    #[error("The body contains more than {MAX_ITEMS} telemetry items")]
    TooManyItems,
    #[error("The body is not valid gzip: {0}")]
    Gzip(std::io::Error),
    #[error("The body is not UTF-8")]
    Utf8,
    #[error("The body contains no telemetry items")]
    Empty,
    #[error("The body is not valid JSON: {0}")]
    Json(serde_json::Error),
}

/// Unpacks, splits and validates a body: one result per item, in order.
pub fn decode(
    body: &[u8],
    encoding: Encoding,
    framing: Framing,
    now: Timestamp,
) -> Result<Vec<Result<Item, ItemError>>, BodyError> {
    let unpacked;
    let body = match encoding {
        Encoding::Identity => body,
        Encoding::Gzip => {
            unpacked = gunzip(body)?;
            &unpacked
        }
    };
    if body.len() > MAX_UNPACKED {
        return Err(BodyError::TooLarge);
    }
    let text = str::from_utf8(body).map_err(|_| BodyError::Utf8)?.trim();
    let items = split(text, framing)?;
    Ok(items.map(|item| envelope::parse(item, now)).collect())
}

fn gunzip(body: &[u8]) -> Result<Vec<u8>, BodyError> {
    // One byte over the limit is enough, so the other gigabytes of a gzip bomb are never unpacked.
    let mut unpacked = Vec::new();
    let mut limited = MultiGzDecoder::new(body).take(MAX_UNPACKED as u64 + 1);
    limited.read_to_end(&mut unpacked).map_err(BodyError::Gzip)?;
    Ok(unpacked)
}

fn split(text: &str, framing: Framing) -> Result<impl Iterator<Item = &str>, BodyError> {
    let items: Vec<&str> = if text.starts_with('[') {
        serde_json::from_str::<Array>(text).map_err(BodyError::Json)?.0
    } else if framing == Framing::Json {
        // Text that is not JSON is an error of the whole body, not of an item.
        let one: &RawValue = match text {
            "" => return Err(BodyError::Empty),
            _ => serde_json::from_str(text).map_err(BodyError::Json)?,
        };
        vec![one.get()]
    } else {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.take(MAX_ITEMS + 1).collect()
    };
    match items.len() {
        0 => Err(BodyError::Empty),
        n if n > MAX_ITEMS => Err(BodyError::TooManyItems),
        _ => Ok(items.into_iter()),
    }
}

/// The raw text of an array's elements, so that an invalid item does not affect the others.
/// Contains at most one element more than [`MAX_ITEMS`].
struct Array<'a>(Vec<&'a str>);

impl<'de> Deserialize<'de> for Array<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements;

        impl<'de> Visitor<'de> for Elements {
            type Value = Array<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an array of telemetry items")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while items.len() <= MAX_ITEMS {
                    match array.next_element::<&RawValue>()? {
                        Some(item) => items.push(item.get()),
                        None => return Ok(Array(items)),
                    }
                }
                while array.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Array(items))
            }
        }

        deserializer.deserialize_seq(Elements)
    }
}
