//! An SDK that exports to memory when asked, for tests of instruments on any clock.
//!
//! Needs the feature `recorder`.

#![allow(clippy::missing_panics_doc, reason = "a failing test panics")]

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use opentelemetry::{
    KeyValue, global,
    metrics::{Meter, MeterProvider},
};
use opentelemetry_sdk::metrics::{
    InMemoryMetricExporter, InMemoryMetricExporterBuilder, PeriodicReader, SdkMeterProvider,
    data::{AggregatedMetrics, HistogramDataPoint, MetricData, ResourceMetrics, ScopeMetrics},
};

pub use opentelemetry_sdk::metrics::Temporality;

/// An interval so long that exports happen only on demand.
const NEVER: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// A meter provider and the memory that it exports to.
#[derive(Debug)]
pub struct Recorder {
    provider: SdkMeterProvider,
    exporter: InMemoryMetricExporter,
    _global: Option<MutexGuard<'static, ()>>,
}

/// The state of a metric when it was collected.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// The name.
    pub name: String,
    /// The unit.
    pub unit: String,
    /// The description.
    pub description: String,
    /// A data point for each set of attributes, sorted by attributes.
    pub points: Vec<Point>,
}

/// A data point.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Pairs such as `name=value`, sorted and separated by spaces.
    pub attributes: String,
    /// The value.
    pub value: Value,
}

/// The value of a data point.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The value of a counter, an up-down counter or a gauge of integers.
    Integer(i64),
    /// The value of a counter, an up-down counter or a gauge of floating-point numbers.
    Double(f64),
    /// The value of a histogram.
    Histogram(Histogram),
}

/// A histogram's data point.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// The number of recorded values.
    pub count: u64,
    /// The sum of the recorded values.
    pub sum: f64,
    /// The smallest value, if the instrument records it.
    pub min: Option<f64>,
    /// The largest value, if the instrument records it.
    pub max: Option<f64>,
    /// The upper bounds of all buckets except the last.
    pub bounds: Vec<f64>,
    /// The number of recorded values in each bucket.
    pub bucket_counts: Vec<u64>,
}

impl Recorder {
    /// Records the instruments that use its meter.
    pub fn new(temporality: Temporality) -> Self {
        let exporter = InMemoryMetricExporterBuilder::new().with_temporality(temporality).build();
        let reader = PeriodicReader::builder(exporter.clone()).with_interval(NEVER).build();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        Self { provider, exporter, _global: None }
    }

    /// Records the instruments that use the global meter provider. A process has only one, so this
    /// function waits until no other recorder is global. A test that only runs code with a global
    /// meter also needs a recorder, to keep its requests out of another test's numbers.
    pub fn global(temporality: Temporality) -> Self {
        static GLOBAL: Mutex<()> = Mutex::new(());
        let guard = GLOBAL.lock().unwrap_or_else(PoisonError::into_inner);
        let recorder = Self { _global: Some(guard), ..Self::new(temporality) };
        global::set_meter_provider(recorder.provider.clone());
        recorder
    }

    /// A meter for the instruments under test.
    pub fn meter(&self) -> Meter {
        self.provider.meter("test")
    }

    /// All current metrics: since the start or, with delta temporality, since the last call.
    pub fn collect(&self) -> Vec<Metric> {
        self.exporter.reset();
        self.provider.force_flush().expect("the memory takes every export");
        let exports = self.exporter.get_finished_metrics().expect("the exports are in memory");
        let scopes = exports.iter().flat_map(ResourceMetrics::scope_metrics);
        scopes.flat_map(ScopeMetrics::metrics).map(Metric::new).collect()
    }

    /// The current metric of that name, if there is one.
    pub fn collect_metric(&self, name: &str) -> Option<Metric> {
        self.collect().into_iter().find(|metric| metric.name == name)
    }
}

impl Metric {
    fn new(metric: &opentelemetry_sdk::metrics::data::Metric) -> Self {
        let mut points = match metric.data() {
            AggregatedMetrics::U64(data) => points(data, integer, widen),
            AggregatedMetrics::I64(data) => points(data, Value::Integer, widen),
            AggregatedMetrics::F64(data) => points(data, Value::Double, |value| value),
        };
        points.sort_by(|a, b| a.attributes.cmp(&b.attributes));
        Self {
            name: metric.name().to_string(),
            unit: metric.unit().to_string(),
            description: metric.description().to_string(),
            points,
        }
    }

    /// The sum of all points: of integers, or of the numbers of recorded values.
    pub fn total(&self) -> u64 {
        let count = |point: &Point| match &point.value {
            Value::Integer(value) => u64::try_from(*value).expect("a count is not negative"),
            Value::Histogram(histogram) => histogram.count,
            Value::Double(value) => panic!("{}: {value} is not a count", self.name),
        };
        self.points.iter().map(count).sum()
    }

    /// The points of a histogram with their attributes.
    pub fn histograms(&self) -> impl Iterator<Item = (&str, &Histogram)> {
        self.points.iter().filter_map(|point| match &point.value {
            Value::Histogram(histogram) => Some((point.attributes.as_str(), histogram)),
            _ => None,
        })
    }
}

fn integer(value: u64) -> Value {
    Value::Integer(i64::try_from(value).expect("a test does not count so far"))
}

/// The sum of a histogram of integers.
fn widen<T: TryInto<u32, Error: std::fmt::Debug>>(value: T) -> f64 {
    f64::from(value.try_into().expect("a test records small integers"))
}

fn points<T: Copy>(
    data: &MetricData<T>,
    number: impl Fn(T) -> Value,
    double: impl Fn(T) -> f64,
) -> Vec<Point> {
    match data {
        MetricData::Gauge(gauge) => {
            let points = gauge.data_points();
            points.map(|point| Point::new(point.attributes(), number(point.value()))).collect()
        }
        MetricData::Sum(sum) => {
            let points = sum.data_points();
            points.map(|point| Point::new(point.attributes(), number(point.value()))).collect()
        }
        MetricData::Histogram(histogram) => {
            let value = |point| Value::Histogram(Histogram::new(point, &double));
            let points = histogram.data_points();
            points.map(|point| Point::new(point.attributes(), value(point))).collect()
        }
        MetricData::ExponentialHistogram(_) => {
            panic!(
                "the recorder reads no exponential histograms; a test that needs one adds it here"
            )
        }
    }
}

impl Point {
    fn new<'a>(attributes: impl Iterator<Item = &'a KeyValue>, value: Value) -> Self {
        let pairs = attributes.map(|attribute| format!("{}={}", attribute.key, attribute.value));
        let mut pairs: Vec<_> = pairs.collect();
        pairs.sort();
        Self { attributes: pairs.join(" "), value }
    }
}

impl Histogram {
    fn new<T: Copy>(point: &HistogramDataPoint<T>, double: impl Fn(T) -> f64) -> Self {
        Self {
            count: point.count(),
            sum: double(point.sum()),
            min: point.min().map(&double),
            max: point.max().map(&double),
            bounds: point.bounds().collect(),
            bucket_counts: point.bucket_counts().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_collected_by_temporality() {
        for (temporality, second) in [(Temporality::Cumulative, 3), (Temporality::Delta, 1)] {
            let recorder = Recorder::new(temporality);
            let counter = recorder.meter().u64_counter("hits").with_unit("{hit}").build();
            counter.add(2, &[KeyValue::new("b", 1), KeyValue::new("a", "x")]);
            let hits = recorder.collect_metric("hits").expect("the counter");
            assert_eq!((hits.total(), hits.unit.as_str()), (2, "{hit}"));
            assert_eq!(hits.points[0].attributes, "a=x b=1");
            counter.add(1, &[KeyValue::new("b", 1), KeyValue::new("a", "x")]);
            assert_eq!(recorder.collect_metric("hits").map(|hits| hits.total()), Some(second));
        }
    }

    #[test]
    fn a_histogram_has_its_buckets() {
        let recorder = Recorder::new(Temporality::Delta);
        let histogram = recorder.meter().f64_histogram("took").with_boundaries(vec![1.0]).build();
        histogram.record(0.5, &[]);
        histogram.record(2.5, &[]);
        let took = recorder.collect_metric("took").expect("the histogram");
        let expected = Histogram {
            count: 2,
            sum: 3.0,
            min: Some(0.5),
            max: Some(2.5),
            bounds: vec![1.0],
            bucket_counts: vec![1, 1],
        };
        assert_eq!(took.histograms().collect::<Vec<_>>(), [("", &expected)]);
        assert_eq!(took.total(), 2);
    }
}
