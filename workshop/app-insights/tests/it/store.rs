//! The store, with a clock that the tests control.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use app_insights::store::{
    Aggregate, Dimensions, Dropped, Grain, Limit, Limits, Metric, Point, Recorded, Series, Store,
};
use jiff::Timestamp;

/// 2026-11-22T12:00:00Z, where a grain begins.
const NOON: i64 = 1_795_348_800;
const HOUR: i64 = 3600;

struct Fixture {
    store: Store,
    now: Arc<AtomicI64>,
}

impl Fixture {
    fn new(limits: Limits) -> Self {
        let now = Arc::new(AtomicI64::new(NOON));
        let clock = Arc::clone(&now);
        let store = Store::new(10, limits, move || at(clock.load(Ordering::Relaxed)));
        Self { store, now }
    }

    fn set_clock(&self, second: i64) {
        self.now.store(second, Ordering::Relaxed);
    }

    fn add(&self, time: i64, value: f64, dimensions: &[(&str, &str)]) -> Recorded {
        self.store.record(&[point("m", at(time), value, dimensions)])
    }

    /// The sum of each grain, by its start in seconds after noon.
    fn sums(&self) -> Vec<(i64, f64)> {
        let all = Timestamp::MIN..Timestamp::MAX;
        let grains = self.store.query(&Metric::named("m"), all, |_| true);
        grains.iter().map(|g| (g.start.as_second() - NOON, g.aggregate.sum())).collect()
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn point(name: &str, time: Timestamp, value: f64, dimensions: &[(&str, &str)]) -> Point {
    Point {
        series: Series {
            metric: Metric::named(name),
            dimensions: dimensions.iter().copied().collect(),
        },
        cut: 0,
        time,
        aggregate: Aggregate::new(value, 1, Some(value), Some(value)),
    }
}

fn values(grain: &Grain) -> (f64, u64, Option<f64>, Option<f64>) {
    let a = &grain.aggregate;
    (a.sum(), a.count(), a.min(), a.max())
}

#[test]
fn a_grain_excludes_the_start_of_the_next() {
    let f = Fixture::new(Limits::default());
    let almost = Timestamp::new(NOON + 9, 999_999_999).unwrap();
    f.store.record(&[
        point("m", at(NOON), 1.0, &[]),
        point("m", almost, 2.0, &[]),
        point("m", at(NOON + 10), 4.0, &[]),
        // The grain from 20 to 30 has no data, which is not the same as zero.
        point("m", at(NOON + 30), 8.0, &[]),
        point("m", at(NOON - 1), 16.0, &[]),
    ]);
    assert_eq!(f.sums(), [(-10, 16.0), (0, 3.0), (10, 4.0), (30, 8.0)]);
}

#[test]
fn a_query_returns_the_grains_that_overlap_its_range() {
    let f = Fixture::new(Limits::default());
    for i in 0..5 {
        f.add(NOON + 10 * i, 1.0, &[]);
    }
    let count = |from: Timestamp, to: Timestamp| {
        f.store.query(&Metric::named("m"), from..to, |_| true).len()
    };
    assert_eq!(count(at(NOON), at(NOON + 20)), 2);
    assert_eq!(count(at(NOON + 9), at(NOON + 20)), 2);
    assert_eq!(count(at(NOON + 10), Timestamp::new(NOON + 20, 1).unwrap()), 2);
    assert_eq!(count(at(NOON + 20), at(NOON + 20)), 0);
    // A range may end before it begins.
    assert_eq!(count(at(NOON + 30), at(NOON)), 0);
    assert_eq!(count(Timestamp::MIN, Timestamp::MAX), 5);
}

#[test]
fn queries_filter_and_add_up_dimensions() {
    let f = Fixture::new(Limits::default());
    f.add(NOON, 1.0, &[("value", "nice"), ("host", "a")]);
    f.add(NOON, 2.0, &[("host", "b"), ("value", "nice")]);
    f.add(NOON, 40.0, &[("value", "naughty")]);
    f.store.record(&[point("other", at(NOON), 1.0, &[])]);

    let nice = |d: &Dimensions| d.get("value") == Some("nice");
    let metric = Metric::named("m");
    let grains = f.store.query(&metric, Timestamp::MIN..Timestamp::MAX, nice);
    assert_eq!(grains.iter().map(values).collect::<Vec<_>>(), [(3.0, 2, Some(1.0), Some(2.0))]);
    assert_eq!(f.sums(), [(0, 43.0)]);

    assert_eq!(f.store.keys(&metric, 10), ["host", "value"]);
    assert_eq!(f.store.names(10).metrics, [metric.clone(), Metric::named("other")]);
    assert_eq!(f.store.series(&metric).len(), 3);
    assert_eq!(f.store.series(&Metric::named("absent")).len(), 0);
}

#[test]
fn the_average_is_the_sum_divided_by_the_count() {
    let mut a = Aggregate::new(61.5, 5, Some(0.4), Some(30.1));
    a.merge(&Aggregate::new(8.5, 2, None, None));
    assert!((a.average() - 10.0).abs() < 1e-9);
    assert_eq!((a.count(), a.min(), a.max()), (7, Some(0.4), Some(30.1)));
    let unknown = Aggregate::new(8.5, 2, None, None);
    assert_eq!((unknown.min(), unknown.max()), (None, None));
}

#[test]
fn a_sum_is_always_finite() {
    let mut a = Aggregate::new(f64::MAX, 1, None, None);
    a.merge(&Aggregate::new(f64::MAX, 1, None, None));
    assert_eq!(a.sum().total_cmp(&f64::MAX), std::cmp::Ordering::Equal);
    a.merge(&Aggregate::new(f64::MIN, 1, None, None));
    assert_eq!(a.sum().total_cmp(&0.0), std::cmp::Ordering::Equal);
}

#[test]
fn removes_grains_and_series_after_two_days() {
    let f = Fixture::new(Limits::default());
    f.add(NOON, 1.0, &[("value", "nice")]);
    f.set_clock(NOON + 48 * HOUR + 9);
    assert_eq!((f.store.status().series, f.store.status().grains), (1, 1));
    f.set_clock(NOON + 48 * HOUR + 10);
    assert_eq!((f.store.status().series, f.store.status().grains), (0, 0));
    assert!(f.store.names(10).metrics.is_empty());
}

#[test]
fn keeps_grains_when_the_clock_is_set_back() {
    let f = Fixture::new(Limits::default());
    f.add(NOON, 1.0, &[]);
    f.set_clock(NOON - HOUR);
    f.add(NOON - HOUR, 2.0, &[]);
    f.add(NOON, 4.0, &[]);
    assert_eq!(f.sums(), [(-HOUR, 2.0), (0, 5.0)]);
    // Then the clock is set forward again.
    f.set_clock(NOON + 10);
    f.add(NOON + 10, 8.0, &[]);
    assert_eq!(f.sums(), [(-HOUR, 2.0), (0, 5.0), (10, 8.0)]);
}

#[test]
fn removes_far_future_grains_when_the_clock_is_set_back() {
    let f = Fixture::new(Limits { grains: 2, ..Limits::default() });
    f.add(NOON, 1.0, &[]);
    f.add(NOON + 10, 2.0, &[]);
    f.set_clock(NOON - 72 * HOUR);
    // If the future grains were still held, the current grain would be the oldest, and would be
    // evicted.
    f.add(NOON - 72 * HOUR, 4.0, &[]);
    assert_eq!(f.sums(), [(-72 * HOUR, 4.0)]);
    assert_eq!(f.store.status().dropped, Dropped::default());
}

#[test]
fn counts_points_beyond_the_series_limit() {
    let f = Fixture::new(Limits { series: 2, ..Limits::default() });
    assert_eq!(f.add(NOON, 1.0, &[("id", "1")]), Recorded::default());
    assert_eq!(f.add(NOON, 1.0, &[("id", "2")]), Recorded::default());
    let first = f.add(NOON, 1.0, &[("id", "3")]);
    assert_eq!(first, Recorded { dropped: 1, reached: vec![Limit::Series(2)] });
    let second = f.add(NOON, 1.0, &[("id", "4")]);
    assert_eq!(second, Recorded { dropped: 1, reached: vec![] });
    assert_eq!(f.add(NOON, 1.0, &[("id", "1")]), Recorded::default());

    assert_eq!(f.sums(), [(0, 3.0)]);
    let status = f.store.status();
    assert_eq!(status.dropped, Dropped { points: 2, ..Dropped::default() });
    assert!(status.reached.contains(&Limit::Series(2)));
    // Two days later, there is room again.
    f.set_clock(NOON + 49 * HOUR);
    assert_eq!(f.add(NOON + 49 * HOUR, 1.0, &[("id", "5")]), Recorded::default());
}

#[test]
fn limits_the_bytes_of_names() {
    // The namespace (25 bytes) and the name (1 byte), the key and the value.
    let f = Fixture::new(Limits { text: 60, ..Limits::default() });
    assert_eq!(f.add(NOON, 1.0, &[("k", "é")]).dropped, 0);
    assert_eq!(f.add(NOON, 1.0, &[("k", "12345")]).reached, [Limit::Text(60)]);
    assert_eq!(f.add(NOON, 1.0, &[("k", "1234")]).dropped, 0);
    f.set_clock(NOON + 49 * HOUR);
    assert_eq!(f.add(NOON + 49 * HOUR, 1.0, &[("k", &"x".repeat(33))]).dropped, 0);
}

#[test]
fn counts_dimensions_beyond_the_limit() {
    let f = Fixture::new(Limits::default());
    let mut wide = point("m", at(NOON), 1.0, &[("d", "x")]);
    wide.cut = 2;
    assert_eq!(f.store.record(&[wide.clone()]).reached, [Limit::Dimensions]);
    assert_eq!(f.store.record(&[wide]), Recorded::default());
    assert_eq!(f.store.status().dropped, Dropped { dimensions: 4, ..Dropped::default() });
    assert_eq!(f.sums(), [(0, 2.0)]);
}

#[test]
fn evicts_the_oldest_grains() {
    let f = Fixture::new(Limits { grains: 3, ..Limits::default() });
    for i in 0..5_u8 {
        f.set_clock(NOON + 10 * i64::from(i));
        f.add(NOON + 10 * i64::from(i), f64::from(i), &[]);
    }
    assert_eq!(f.sums(), [(20, 2.0), (30, 3.0), (40, 4.0)]);
    assert_eq!(f.store.status().dropped, Dropped { grains: 2, ..Dropped::default() });
    // A point that is older than all grains evicts none.
    assert_eq!(f.add(NOON, 9.0, &[]).dropped, 1);
    assert_eq!(f.sums(), [(20, 2.0), (30, 3.0), (40, 4.0)]);
    // A series is kept when its only grain is evicted for its next grain.
    let alone = Fixture::new(Limits { grains: 1, ..Limits::default() });
    alone.add(NOON, 1.0, &[("k", "v")]);
    alone.add(NOON + 10, 2.0, &[("k", "v")]);
    assert_eq!((alone.sums(), alone.store.status().series), (vec![(10, 2.0)], 1));
    alone.set_clock(NOON + 49 * HOUR);
    assert_eq!((alone.store.status().series, alone.store.status().grains), (0, 0));
}

#[test]
fn evicts_future_grains_first() {
    let f = Fixture::new(Limits { grains: 3, ..Limits::default() });
    for i in 1..=3_u8 {
        f.add(NOON + HOUR * i64::from(i), f64::from(i), &[]);
    }
    // The grain furthest ahead is evicted first.
    for i in 0..3_u8 {
        f.set_clock(NOON + 10 * i64::from(i));
        assert_eq!(f.add(NOON + 10 * i64::from(i), 10.0, &[]).dropped, 0);
    }
    assert_eq!(f.sums(), [(0, 10.0), (10, 10.0), (20, 10.0)]);
    // Then the oldest grain is evicted.
    f.set_clock(NOON + 30);
    f.add(NOON + 30, 10.0, &[]);
    assert_eq!(f.sums(), [(10, 10.0), (20, 10.0), (30, 10.0)]);
    assert_eq!(f.store.status().dropped, Dropped { grains: 4, ..Dropped::default() });
}

#[test]
fn two_hundred_thousand_names_stay_within_the_limits() {
    let f = Fixture::new(Limits::default());
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..200 {
        let points: Vec<Point> = (0..1000)
            .map(|_| point(&format!("{:032x}", random.u128(..)), at(NOON), 1.0, &[]))
            .collect();
        f.store.record(&points);
    }
    let status = f.store.status();
    assert_eq!((status.series, status.grains), (50_000, 50_000));
    assert_eq!(status.dropped.points, 150_000);
}
