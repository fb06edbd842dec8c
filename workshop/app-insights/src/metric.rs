//! A metric's values and what they belong to.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// The namespace in which Azure Monitor keeps the metrics that name none.
pub const DEFAULT_NAMESPACE: &str = "azure.applicationinsights";

/// A metric's identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    /// Where the metric belongs; [`DEFAULT_NAMESPACE`] unless the envelope names one.
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

    /// How many dimensions the set has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the set has no dimensions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Dimensions {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        let sorted: BTreeMap<&str, &str> = pairs.into_iter().collect();
        Self(sorted.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
    }
}

/// What is added up together: a metric with one value for each of its dimensions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    /// What was measured.
    pub metric: Metric,
    /// By what it can be split.
    pub dimensions: Dimensions,
}

impl Series {
    /// The bytes of its names, keys and values.
    #[must_use]
    pub fn text(&self) -> usize {
        let names = self.metric.namespace.len() + self.metric.name.len();
        let dimensions = self.dimensions.iter();
        dimensions.fold(names, |sum, (k, v)| sum + k.len() + v.len())
    }
}

/// What is known of all values of a series within a grain.
#[derive(Clone, Copy, Debug)]
pub struct Aggregate {
    sum: f64,
    count: u64,
    // NaN while nobody told: `f64::min` and `f64::max` then take the other side's.
    min: f64,
    max: f64,
}

impl Aggregate {
    /// `count` values that add up to `sum`; the smallest and the largest are not always told.
    #[must_use]
    pub fn new(sum: f64, count: u32, min: Option<f64>, max: Option<f64>) -> Self {
        Self {
            sum,
            count: count.into(),
            min: min.unwrap_or(f64::NAN),
            max: max.unwrap_or(f64::NAN),
        }
    }

    /// Adds another's values. A sum too large for a number stays at the largest there is: a chart
    /// cannot draw infinity, and infinity minus infinity would not even be a number.
    pub fn merge(&mut self, other: &Self) {
        self.sum = (self.sum + other.sum).clamp(f64::MIN, f64::MAX);
        self.count = self.count.saturating_add(other.count);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// All values added up, in the metric's own unit.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// How many values there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Sum divided by count, which is what Azure Monitor calls the average.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "off by less than a chart can show")]
    pub fn average(&self) -> f64 {
        self.sum / self.count as f64
    }

    /// The smallest value, if it was told.
    #[must_use]
    pub fn min(&self) -> Option<f64> {
        (!self.min.is_nan()).then_some(self.min)
    }

    /// The largest value, if it was told.
    #[must_use]
    pub fn max(&self) -> Option<f64> {
        (!self.max.is_nan()).then_some(self.max)
    }
}

/// What one envelope tells of a series.
#[derive(Clone, Debug)]
pub struct Point {
    /// To what it belongs.
    pub series: Series,
    /// Dimensions that the envelope has beyond those of the series.
    pub cut: usize,
    /// When it was measured, by the sender's clock.
    pub time: Timestamp,
    /// The values.
    pub aggregate: Aggregate,
}
