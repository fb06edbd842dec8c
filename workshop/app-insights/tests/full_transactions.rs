//! The store of transactions with its limits reached. This test is a separate process, because it
//! measures the memory of the process.
#![cfg(target_os = "linux")]

use std::sync::Arc;

use app_insights::{
    ingest::envelope::{self, Item},
    store::{Entry, Limits, Store},
};
use jiff::Timestamp;

fn resident_mebibytes() -> u64 {
    harness::Memory::of(std::process::id()).unwrap().resident >> 20
}

/// A log with this number of letters, parsed again each time, as for a request.
fn log(number: usize, letters: usize, now: Timestamp) -> Arc<Entry> {
    let message = "x".repeat(letters);
    let item = format!(
        r#"{{"name":"n","time":"{now}","iKey":"k","tags":{{"ai.cloud.role":"naughty-or-nice","ai.operation.id":"{number:032x}","ai.operation.parentId":"{number:016x}"}},"data":{{"baseType":"MessageData","baseData":{{"ver":2,"message":"{message}","severityLevel":1,"properties":{{"target":"naughty_or_nice"}}}}}}}}"#
    );
    match envelope::parse(&item, now) {
        Ok(Item::Entry(entry)) => entry,
        other => panic!("{other:?}"),
    }
}

#[test]
#[ignore = "keeps 250,000 items"]
fn a_full_store_of_transactions_takes_little_memory() {
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    let limits = Limits::default();
    let store = Store::new(10, limits, move || now);
    let before = resident_mebibytes();
    let grown = || resident_mebibytes() - before;
    // The smallest items reach the maximum number of entries; larger items reach the maximum size.
    store.keep((0..limits.entries + 50_000).map(|number| log(number, 1, now)));
    assert_eq!(store.kept().entries, limits.entries);
    let small = grown();
    store.keep((0..100_000).map(|number| log(number, 1000, now)));
    let kept = store.kept();
    assert!(kept.bytes > limits.entry_bytes - 10_000 && kept.entries < limits.entries, "{kept:?}");
    let large = grown();
    println!("small items take {small} MiB, large ones {large} MiB");
    let most = limits.entry_bytes as u64 >> 20;
    // The memory gaps that the small items left are too small for the large items.
    assert!(small <= most + 4 && large <= most * 2, "{small} MiB, {large} MiB");
}
