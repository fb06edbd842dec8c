//! The visitors, and the exports of the two apps.

use std::{ops::Range, sync::LazyLock, time::Duration};

use axum::{Router, body::Body, http::Request};
use harness::{
    Recorder,
    recorder::{Histogram, Temporality},
};
use tokio::time::{Instant, sleep_until};
use tower::ServiceExt;

const MINUTES: u64 = 30;
/// The minutes in which step 05 serves.
const SLOW: Range<u64> = 10..20;
/// Azure Monitor's finest time grain.
const MINUTE: Duration = Duration::from_secs(60);

/// The exported numbers of one minute.
pub struct Minute {
    /// The number of the minute, from the beginning of the recording.
    pub number: u64,
    /// The value of `request-count`.
    pub requests: u64,
    /// The value of `request-latency`.
    pub latency: Latency,
}

/// A histogram's data point, in milliseconds.
pub struct Latency {
    pub count: u64,
    pub sum: f64,
    pub min: f64,
    pub max: f64,
    bounds: Vec<f64>,
    buckets: Vec<u64>,
}

impl Latency {
    fn new(point: &Histogram) -> Self {
        Self {
            count: point.count,
            sum: point.sum,
            min: point.min.expect("the step leaves min on"),
            max: point.max.expect("the step leaves max on"),
            bounds: point.bounds.clone(),
            buckets: point.bucket_counts.clone(),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a few requests")]
    pub fn average(&self) -> f64 {
        self.sum / self.count as f64
    }

    /// The latency that `share` of the requests did not exceed, estimated from the buckets: values
    /// are assumed to be spread evenly within a bucket, as in Prometheus. The largest value is
    /// known and is the upper bound.
    #[expect(clippy::cast_precision_loss, reason = "a few requests")]
    pub fn percentile(&self, share: f64) -> f64 {
        let rank = share * self.count as f64;
        let mut below = 0.0;
        for (index, count) in self.buckets.iter().map(|&count| count as f64).enumerate() {
            if below + count >= rank && count > 0.0 {
                let lower = if index == 0 { 0.0 } else { self.bounds[index - 1] };
                let upper = self.bounds.get(index).map_or(self.max, |bound| bound.min(self.max));
                return lower.max(self.min)
                    + (upper - lower.max(self.min)) * (rank - below) / count;
            }
            below += count;
        }
        self.max
    }
}

/// Recorded once for all tests of a process.
pub static RECORDING: LazyLock<Vec<Minute>> = LazyLock::new(|| {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().expect("a runtime").block_on(record())
});

async fn record() -> Vec<Minute> {
    // The exporter for Azure has this temporality.
    let recorder = Recorder::global(Temporality::Delta);
    let (quick, slow) = (step_04::app::app(), step_05::app::app());
    fastrand::seed(1);
    let mut visitors = fastrand::Rng::with_seed(1);
    let begin = Instant::now();
    let mut next = begin;
    let mut minutes = Vec::new();
    for number in 0..MINUTES {
        let app = if SLOW.contains(&number) { &slow } else { &quick };
        let end = begin + MINUTE * u32::try_from(number + 1).expect("half an hour");
        while next < end {
            sleep_until(next).await;
            // Visitors do not wait for each other.
            tokio::spawn(visit(app.clone()));
            next += Duration::from_millis(visitors.u64(500..1500));
        }
        sleep_until(end).await;
        minutes.push(exported(number, &recorder));
    }
    minutes
}

async fn visit(app: Router) {
    let request = Request::get("/Ada/").body(Body::empty()).expect("a request");
    let answer = app.oneshot(request).await.expect("an answer");
    assert!(answer.status().is_success());
}

fn exported(number: u64, recorder: &Recorder) -> Minute {
    let metrics = recorder.collect();
    let [count, latency] = ["request-count", "request-latency"].map(|name| {
        let metric = metrics.iter().find(|metric| metric.name == name);
        metric.expect("visitors come in every minute")
    });
    assert_eq!(metrics.len(), 2, "other instruments: {metrics:?}");
    let series: Vec<_> = latency.histograms().collect();
    let [(_, histogram)] = series[..] else { panic!("every request succeeds: {series:?}") };
    Minute { number, requests: count.total(), latency: Latency::new(histogram) }
}
