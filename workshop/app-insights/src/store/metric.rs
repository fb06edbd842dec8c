//! Metrics, their series, and the values of a series.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// The namespace in which Azure Monitor stores metrics without a namespace.
pub const DEFAULT_NAMESPACE: &str = "azure.applicationinsights";
/// `maxLength` of `MetricDataPoint.name`, in characters.
pub const MAX_NAME: usize = 1024;
/// `maxLength` of `MetricDataPoint.ns`, in characters.
pub const MAX_NAMESPACE: usize = 256;
/// The maximum length of a dimension's key, in characters. Azure: "property and metric name
/// length".
pub const MAX_KEY: usize = 150;
/// `maxLength` of the values of `properties`, in characters.
pub const MAX_VALUE: usize = 8192;
/// The maximum number of dimensions of a series. If there are more, the first by name are kept.
/// Azure Monitor has the same limit on "dimension keys per metric".
pub const MAX_DIMENSIONS: usize = 10;

/// A metric's identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    /// The namespace: [`DEFAULT_NAMESPACE`] unless the envelope has one.
    pub namespace: Box<str>,
    /// The instrument's name, such as `request-latency`.
    pub name: Box<str>,
}

impl Metric {
    /// The metric of this name in [`DEFAULT_NAMESPACE`].
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { namespace: DEFAULT_NAMESPACE.into(), name: name.into() }
    }
}

/// A set of dimensions: keys with their values, sorted by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dimensions(Box<[(Box<str>, Box<str>)]>);

impl Dimensions {
    /// The value of a dimension, if the set has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().find(|(k, _)| *k == key).map(|(_, v)| v)
    }

    /// All dimensions, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (&**k, &**v))
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Dimensions {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        let sorted: BTreeMap<&str, &str> = pairs.into_iter().collect();
        Self(sorted.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
    }
}

/// A metric with one value for each of its dimensions. The measurements of a series are aggregated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    /// The metric.
    pub metric: Metric,
    /// The dimensions, by which the metric can be split.
    pub dimensions: Dimensions,
}

impl Series {
    /// The size of the names, keys and values of the series, in bytes.
    #[must_use]
    pub fn text(&self) -> usize {
        let names = self.metric.namespace.len() + self.metric.name.len();
        let dimensions = self.dimensions.iter();
        dimensions.fold(names, |sum, (k, v)| sum + k.len() + v.len())
    }
}

/// The sum, count, minimum and maximum of some values of a series.
#[derive(Clone, Copy, Debug)]
pub struct Aggregate {
    sum: f64,
    count: u64,
    // NaN if unknown: `f64::min` and `f64::max` then return the other number.
    min: f64,
    max: f64,
    averageable: bool,
}

impl Aggregate {
    /// `count` values whose sum is `sum`. The minimum and the maximum are not always known.
    #[must_use]
    pub fn new(sum: f64, count: u32, min: Option<f64>, max: Option<f64>) -> Self {
        Self {
            sum,
            count: count.into(),
            min: min.unwrap_or(f64::NAN),
            max: max.unwrap_or(f64::NAN),
            averageable: count > 1 || min.is_some() || max.is_some(),
        }
    }

    /// A value without a count, a minimum or a maximum, in the form in which exporters send a
    /// counter.
    #[must_use]
    pub fn counter(value: f64) -> Self {
        Self { sum: value, count: 1, min: value, max: value, averageable: false }
    }

    /// Adds the values of another aggregate. A sum that is too large stays at the largest finite
    /// number: a chart cannot draw infinity, and infinity minus infinity is not a number.
    pub fn merge(&mut self, other: &Self) {
        self.sum = (self.sum + other.sum).clamp(f64::MIN, f64::MAX);
        self.count = self.count.saturating_add(other.count);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.averageable |= other.averageable;
    }

    /// All aggregates merged into one; `None` if there are none.
    pub fn merged(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        all.into_iter().reduce(|mut sum, aggregate| {
            sum.merge(&aggregate);
            sum
        })
    }

    /// The sum, in the metric's own unit.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// The number of values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The sum divided by the count, which is Azure Monitor's average.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "off by less than a chart can show")]
    pub fn average(&self) -> f64 {
        self.sum / self.count as f64
    }

    /// Whether the average is meaningful, as it is for a histogram or a gauge. The average of a
    /// counter depends on the frequency of its exports.
    #[must_use]
    pub fn averageable(&self) -> bool {
        self.averageable
    }

    /// The smallest value, if it is known.
    #[must_use]
    pub fn min(&self) -> Option<f64> {
        (!self.min.is_nan()).then_some(self.min)
    }

    /// The largest value, if it is known.
    #[must_use]
    pub fn max(&self) -> Option<f64> {
        (!self.max.is_nan()).then_some(self.max)
    }
}

/// The values of one envelope.
#[derive(Clone, Debug)]
pub struct Point {
    /// The series to which the values belong.
    pub series: Series,
    /// The number of the envelope's dimensions beyond [`MAX_DIMENSIONS`].
    pub cut: usize,
    /// The time of the measurement, by the sender's clock.
    pub time: Timestamp,
    /// The values.
    pub aggregate: Aggregate,
}
