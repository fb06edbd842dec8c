//! The store with every limit reached. This test is a separate process, because it measures the
//! memory of the process.
#![cfg(target_os = "linux")]

use app_insights::store::{Aggregate, Limit, Limits, Metric, Point, Series, Store};
use jiff::{SignedDuration, Timestamp};

fn resident_mebibytes() -> u64 {
    harness::Memory::of(std::process::id()).unwrap().resident >> 20
}

#[test]
#[ignore = "records 350,000 points"]
fn a_full_store_takes_little_memory() {
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    let limits = Limits::default();
    let store = Store::new(10, limits, move || now);
    // With series of 335 bytes, both limits are reached at about the same time.
    let text = limits.text / limits.series;
    let before = resident_mebibytes();
    for grain in 0..7 {
        for series in 0..limits.series + 1000 {
            let name = format!("{series:0>width$}", width = text - 100);
            let dimensions = [("key", "0123456789"), ("other", "0123456789")];
            store.record(&[Point {
                series: Series {
                    metric: Metric::named(&name),
                    dimensions: dimensions.into_iter().collect(),
                },
                cut: 0,
                time: now - SignedDuration::from_secs(10 * grain),
                aggregate: Aggregate::new(1.0, 1, None, None),
            }]);
        }
    }
    let status = store.status();
    assert_eq!((status.series, status.grains), (limits.series, limits.grains));
    assert!(status.reached.contains(&Limit::Series(limits.series)));
    assert!(status.reached.contains(&Limit::Grains(limits.grains)));
    let grown = resident_mebibytes() - before;
    println!("a full store takes {grown} MiB");
    assert!(grown < 90, "{grown} MiB");
}
