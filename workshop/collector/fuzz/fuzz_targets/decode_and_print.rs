//! Decodes any bytes, for any signal, as Protobuf or as JSON. The bytes are refused, or the text of
//! the request stays the same after the request is encoded and decoded again.
//!
//! `cargo +nightly fuzz run decode_and_print` in `workshop/collector`
#![no_main]

use collector::{Encoding, ExportRequest, decode, print};
use libfuzzer_sys::fuzz_target;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

fuzz_target!(|input: &[u8]| {
    let Some((first, body)) = input.split_first() else { return };
    let encoding = if first % 2 == 0 { Encoding::Json } else { Encoding::Protobuf };
    match first / 2 % 3 {
        0 => decode_and_print::<ExportMetricsServiceRequest>(encoding, body),
        1 => decode_and_print::<ExportTraceServiceRequest>(encoding, body),
        _ => decode_and_print::<ExportLogsServiceRequest>(encoding, body),
    }
});

fn decode_and_print<R: ExportRequest>(encoding: Encoding, body: &[u8]) {
    let Ok(request) = decode::<R>(encoding, body) else { return };
    let again = decode::<R>(Encoding::Protobuf, &request.encode_to_vec());
    let texts = [&request, &again.expect("a decoded request can be decoded again")].map(print);
    // prost does not encode a double with the default value, and treats -0 as the default value.
    let [first, second] = texts.map(|text| text.replace("-0.000000", "0.000000"));
    assert_eq!(first, second);
}
