//! Programs that run, requests, and payloads for the tests.

pub mod corpus;
pub mod program;
pub mod requests;

use std::io::Write as _;

use harness::http::Request;

/// A POST request with metrics.
pub fn post(content_type: &str, body: impl Into<Vec<u8>>) -> Request {
    Request::post("/v1/metrics", content_type, body)
}

/// `bytes`, compressed with gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}
