//! Decodes, records and arranges random bytes.
#![no_main]

use app_insights::{
    ingest::{
        self,
        decode::{Encoding, Framing, decode},
        report,
    },
    store::{Limits, Store},
    transactions::Tree,
};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

// The first byte selects the encoding and the framing.
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
    let limits = Limits { series: 8, text: 512, grains: 8, entries: 64, entry_bytes: 65_536 };
    let store = Store::new(10, limits, move || now);
    let dropped = store.record(ingest::points(&items)).dropped;
    assert!(!report::line(&items, dropped).contains(char::is_control));
    for metric in &store.names(8).metrics {
        for grain in store.query(metric, Timestamp::MIN..Timestamp::MAX, |_| true) {
            assert!(grain.aggregate.sum().is_finite() && grain.aggregate.average().is_finite());
        }
    }
    store.keep(ingest::entries(&items));
    let kept = store.kept();
    assert!(kept.entries <= limits.entries && kept.bytes <= limits.entry_bytes);
    let all = store.find(usize::MAX, |_| true).entries;
    let count = all.len();
    // All entries together, because more ids give more parents.
    if let Some(tree) = Tree::new(all) {
        assert_eq!(tree.entries().count(), count);
        assert!(tree.start <= tree.end);
    }
});
