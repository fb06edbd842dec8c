//! Decodes and records random bytes.
#![no_main]

use app_insights::{
    ingest::{
        self,
        decode::{Encoding, Framing, decode},
        report,
    },
    store::{Limits, Store},
};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

// The first byte chooses encoding and framing.
fuzz_target!(|bytes: &[u8]| {
    let Some((choice, body)) = bytes.split_first() else {
        return;
    };
    let encoding = if choice & 1 == 0 { Encoding::Identity } else { Encoding::Gzip };
    let framing = if choice & 2 == 0 { Framing::Json } else { Framing::JsonStream };
    let now = Timestamp::from_second(1_795_348_800).unwrap_or_default();
    let Ok(items) = decode(body, encoding, framing, now) else {
        return;
    };
    let store = Store::new(10, Limits { series: 8, text: 512, grains: 8 }, move || now);
    let dropped = store.record(ingest::points(&items)).dropped;
    assert!(!report::line(&items, dropped).contains(char::is_control));
    for metric in &store.names(8).metrics {
        for grain in store.query(metric, Timestamp::MIN..Timestamp::MAX, |_| true) {
            assert!(grain.aggregate.sum().is_finite() && grain.aggregate.average().is_finite());
        }
    }
});
