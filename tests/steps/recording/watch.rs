//! The recording in the Application Insights stand-in, on a clock that a test moves. Each minute is
//! exported at its end, and then the rule is evaluated.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use app_insights::{
    alerts::{Alert, Alerts, Rule, State, Timing},
    store::{Aggregate, Dimensions, Limits, Metric, Point, Series, Store},
};
use jiff::Timestamp;
use tests::too_slow;

use super::visitors::{Minute, RECORDING};

/// The beginning of the recording on that clock.
const BEGIN: &str = "2026-01-01T10:00:00Z";

/// The results.
pub struct Watched {
    pub rule: Rule,
    pub evaluations: Vec<Evaluation>,
    /// The one alert of the recording, in its last state.
    pub alert: Alert,
    pub store: Arc<Store>,
    pub range: Range<Timestamp>,
}

pub struct Evaluation {
    pub at: Timestamp,
    /// The average over the window, in milliseconds.
    pub value: f64,
    /// The new state of the alert, if it changed.
    pub changed: Option<State>,
}

pub fn watch() -> Watched {
    let begin: Timestamp = BEGIN.parse().expect("a time");
    let clock = Arc::new(AtomicI64::new(begin.as_second()));
    let now = Arc::clone(&clock);
    let now = move || Timestamp::from_second(now.load(Ordering::Relaxed)).expect("a time");

    let timing = Timing::azure();
    let store = Arc::new(Store::new(timing.grain_seconds(), Limits::default(), now));
    let rule = too_slow(&timing);
    let alerts = Alerts::new(timing);
    alerts.add(rule.clone()).expect("the rule of the book");

    let mut evaluations = Vec::new();
    for minute in &*RECORDING {
        // Exported just before the end of the minute, so that the data belongs to this minute.
        clock.fetch_add(timing.grain.as_secs() - 1, Ordering::Relaxed);
        store.record(&points(minute, store.now()));
        clock.fetch_add(1, Ordering::Relaxed);
        let changed = alerts.evaluate(&store).pop().map(|alert| alert.state);
        let last = alerts.watched()[0].last.expect("it was due");
        let value = last.value.expect("visitors come in every minute");
        evaluations.push(Evaluation { at: last.at, value, changed });
    }
    let [alert] = <[Alert; 1]>::try_from(alerts.history()).expect("one alert");
    let range = begin..store.now();
    Watched { rule, evaluations, alert, store, range }
}

/// The exporter's data for a minute: sum, count, minimum and maximum, but no buckets.
fn points(minute: &Minute, time: Timestamp) -> [Point; 2] {
    let point = |name, aggregate| Point {
        series: Series { metric: Metric::named(name), dimensions: Dimensions::default() },
        cut: 0,
        time,
        aggregate,
    };
    let count = |count| u32::try_from(count).expect("a few requests");
    let Minute { requests, latency, .. } = minute;
    let requests = Aggregate::new(count(*requests).into(), 1, None, None);
    let (min, max) = (Some(latency.min), Some(latency.max));
    let latency = Aggregate::new(latency.sum, count(latency.count), min, max);
    [point("request-count", requests), point("request-latency", latency)]
}
