//! The store with every limit reached. Alone in its process, whose memory it measures.
#![cfg(target_os = "linux")]

use app_insights::{
    limits::{Limit, Limits},
    metric::{Aggregate, Metric, Point, Series},
    store::Store,
};
use jiff::{SignedDuration, Timestamp};

#[test]
#[ignore = "fills the store and measures its own memory"]
fn a_full_store_stays_small() {
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    let limits = Limits::default();
    let store = Store::new(10, limits, move || now);
    // Series of 335 bytes fill both limits at about the same time.
    let text = limits.text / limits.series;
    let before = harness::Memory::of(std::process::id()).unwrap().resident;
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
    let grown = harness::Memory::of(std::process::id()).unwrap().resident - before;
    println!("a full store takes {} MiB", grown >> 20);
    assert!(grown < 90 << 20, "{grown} bytes");
}
