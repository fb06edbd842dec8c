//! What the tests share: programs that run, HTTP that breaks rules on purpose, and payloads.

#![allow(dead_code, reason = "each test file uses a part of this")]

pub mod corpus;
pub mod http;
pub mod program;
pub mod requests;

use collector::Encoding;
use prost::Message as _;

/// The same request in both encodings, with the value of the `Content-Type` header.
///
/// Protobuf is made from the JSON by the crate itself. A mistake in that would not go unnoticed:
/// the JSON is compared with the real Collector as well.
pub fn both_encodings(json: &str) -> [(&'static str, Vec<u8>); 2] {
    let request = collector::decode(Encoding::Json, json.as_bytes());
    let request = request.unwrap_or_else(|error| panic!("{error} in {json}"));
    [
        (Encoding::Json.content_type(), json.as_bytes().to_vec()),
        (Encoding::Protobuf.content_type(), request.encode_to_vec()),
    ]
}

/// `bytes`, compressed with gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}
