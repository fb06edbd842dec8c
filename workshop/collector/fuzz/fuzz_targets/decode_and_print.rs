//! Any bytes, as Protobuf or as JSON: they are refused, or their text is that of the same request
//! written and read once more.
//!
//! `cargo +nightly fuzz run decode_and_print` in `workshop/collector`
#![no_main]

use collector::{Encoding, decode, print};
use libfuzzer_sys::fuzz_target;
use prost::Message as _;

fuzz_target!(|input: &[u8]| {
    let Some((first, body)) = input.split_first() else { return };
    let encoding = if first % 2 == 0 { Encoding::Json } else { Encoding::Protobuf };
    let Ok(request) = decode(encoding, body) else { return };
    let again = decode(Encoding::Protobuf, &request.encode_to_vec());
    let texts = [&request, &again.expect("what was read can be read again")].map(print);
    // prost does not write a double that is the default, and to it -0 is.
    let [first, second] = texts.map(|text| text.replace("-0.000000", "0.000000"));
    assert_eq!(first, second);
});
