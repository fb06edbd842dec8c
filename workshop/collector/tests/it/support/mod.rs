//! Running programs, requests and payloads for the tests.

pub mod corpus;
pub mod program;
pub mod requests;

use std::io::Write as _;

use corpus::Signal;
use harness::http::Request;

/// A POST request with metrics.
pub fn post(content_type: &str, body: impl Into<Vec<u8>>) -> Request {
    Request::post(corpus::METRICS.path, content_type, body)
}

/// A payload in JSON with `items`: metrics, spans or log records.
pub fn payload(signal: &Signal, items: &str) -> String {
    let [resources, scopes, list] = signal.lists;
    format!(r#"{{"{resources}":[{{"{scopes}":[{{"{list}":[{items}]}}]}}]}}"#)
}

/// `bytes`, compressed with gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}
