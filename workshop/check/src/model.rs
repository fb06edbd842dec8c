//! The telemetry that a program sent, in one form for all three destinations.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use crate::registry::{Instrument, Kind, SpanKind};

/// The maximum number of series that a metric keeps. Further series are only counted.
const MAX_SERIES: usize = 5000;
/// The maximum number of spans, and of logs, that are kept.
const MAX_ITEMS: usize = 20_000;

/// Where metrics arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// The text of the SDK's exporter on stdout.
    Console,
    /// OTLP over HTTP.
    Collector,
    /// Envelopes for Application Insights.
    AppInsights,
}

impl Destination {
    /// The destination that a step exports to.
    pub fn of_step(step: u8) -> Option<Self> {
        match step {
            2 => Some(Self::Console),
            3 => Some(Self::Collector),
            4..=7 => Some(Self::AppInsights),
            _ => None,
        }
    }

    /// All destinations, in the order of the steps.
    pub const ALL: [Self; 3] = [Self::Console, Self::Collector, Self::AppInsights];

    /// The place where metrics arrive, in a sentence.
    pub fn place(self) -> &'static str {
        match self {
            Self::Console => "on stdout",
            Self::Collector => "at the Collector",
            Self::AppInsights => "at Application Insights",
        }
    }

    /// A line of the telemetry, as the destination shows it.
    pub fn line(self, field: &str, value: &str) -> String {
        match self {
            Self::Console => format!("{field:<13}: {value}"),
            Self::Collector => format!("-> {field}: {value}"),
            Self::AppInsights => format!("\"{}\": \"{value}\"", field.to_lowercase()),
        }
    }
}

/// Everything that arrived at one destination, added up.
#[derive(Clone, Debug, Default)]
pub struct Telemetry {
    /// The attributes of the resource in the last export.
    pub resource: BTreeMap<String, String>,
    /// The metrics, by name.
    pub metrics: BTreeMap<String, Metric>,
    /// The spans, in order of arrival.
    pub spans: Vec<Span>,
    /// The logs, in order of arrival.
    pub logs: Vec<Log>,
    /// The number of exports.
    pub exports: usize,
}

/// A span as it arrived.
#[derive(Clone, Debug)]
pub struct Span {
    /// The kind.
    pub kind: SpanKind,
    /// The name.
    pub name: String,
    /// The trace ID.
    pub trace: String,
    /// The span's own ID.
    pub id: String,
    /// The ID of the parent, empty if the span has none.
    pub parent: String,
    /// The time from start to end.
    pub duration: Duration,
    /// Whether the status is an error.
    pub failed: bool,
    /// The attributes.
    pub attributes: Attributes,
}

/// A log record as it arrived.
#[derive(Clone, Debug)]
pub struct Log {
    /// The message.
    pub message: String,
    /// The trace ID, empty if the log has none.
    pub trace: String,
    /// The ID of the span that was current, empty if there was none.
    pub span: String,
    /// The attributes.
    pub attributes: Attributes,
}

/// A metric as it arrived.
#[derive(Clone, Debug)]
pub struct Metric {
    /// The name.
    pub name: String,
    /// The unit, if the destination receives it.
    pub unit: Option<String>,
    /// The instrument, if the destination shows it.
    pub instrument: Option<Instrument>,
    /// Whether each export has the total since the start, or the change since the previous export.
    pub temporality: Temporality,
    /// The series, by attributes.
    pub series: BTreeMap<Attributes, Value>,
    /// The number of series beyond the limit.
    pub excess: usize,
}

/// The keys and values of one series.
pub type Attributes = BTreeMap<String, Attribute>;

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attribute {
    /// The value as text.
    pub text: String,
    /// The type, if the destination receives it.
    pub kind: Option<KnownKind>,
}

/// The type of an attribute's value, including types that the registry does not use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KnownKind {
    /// Text.
    String,
    /// A whole number.
    Int,
    /// A number.
    Double,
    /// True or false.
    Boolean,
    /// An array, bytes, or a map.
    Other,
}

impl KnownKind {
    /// Whether this type matches the registry's type.
    pub fn is(self, kind: Kind) -> bool {
        matches!(
            (self, kind),
            (Self::String, Kind::String)
                | (Self::Int, Kind::Int)
                | (Self::Double, Kind::Double)
                | (Self::Boolean, Kind::Boolean)
        )
    }

    /// The name of the type in the Collector's text.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "Str",
            Self::Int => "Int",
            Self::Double => "Double",
            Self::Boolean => "Bool",
            Self::Other => "Other",
        }
    }
}

/// How successive exports relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Temporality {
    /// Each export has the total since the start of the program.
    Cumulative,
    /// Each export has the change since the previous export.
    Delta,
}

/// The value of a series.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The value of a counter, an up-down counter or a gauge.
    Number(f64),
    /// The value of a histogram.
    Histogram(Histogram),
}

/// The value of a histogram's series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// The number of recorded values.
    pub count: u64,
    /// The sum of the recorded values.
    pub sum: f64,
    /// The smallest value, if it is known.
    pub min: Option<f64>,
    /// The largest value, if it is known.
    pub max: Option<f64>,
    /// The upper bounds of the buckets. The last bucket has no upper bound.
    pub bounds: Vec<f64>,
}

impl Value {
    /// The number of events that this value stands for: the value of a counter, or the number of
    /// values in a histogram.
    #[expect(clippy::cast_precision_loss, reason = "a check sends a few hundred requests")]
    pub fn events(&self) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Histogram(histogram) => histogram.count as f64,
        }
    }

    fn add(&mut self, other: Self) {
        match (self, other) {
            (Self::Number(own), Self::Number(number)) => *own += number,
            (Self::Histogram(own), Self::Histogram(other)) => own.add(other),
            (own, other) => *own = other,
        }
    }
}

impl Histogram {
    /// Adds the values of another histogram.
    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = [self.min, other.min].into_iter().flatten().reduce(f64::min);
        self.max = [self.max, other.max].into_iter().flatten().reduce(f64::max);
        self.bounds = other.bounds;
    }
}

impl Metric {
    /// A metric without series.
    pub fn new(name: String) -> Self {
        Self {
            name,
            unit: None,
            instrument: None,
            temporality: Temporality::Cumulative,
            series: BTreeMap::new(),
            excess: 0,
        }
    }

    /// Adds the value of a series, as this metric's temporality requires.
    pub fn record(&mut self, attributes: Attributes, value: Value) {
        let full = self.series.len() >= MAX_SERIES;
        match self.series.get_mut(&attributes) {
            Some(known) if self.temporality == Temporality::Delta => known.add(value),
            Some(known) => *known = value,
            None if full => self.excess += 1,
            None => drop(self.series.insert(attributes, value)),
        }
    }

    /// The events of all series.
    pub fn events(&self) -> f64 {
        // `sum` would begin at -0.
        self.series.values().map(Value::events).fold(0.0, |sum, events| sum + events)
    }

    /// The values of all series of a histogram.
    pub fn histogram(&self) -> Histogram {
        let mut all = Histogram::default();
        for value in self.series.values() {
            if let Value::Histogram(histogram) = value {
                all.add(histogram.clone());
            }
        }
        all
    }
}

impl Telemetry {
    /// Adds an export.
    pub fn add(&mut self, export: Export) {
        self.exports += 1;
        if !export.resource.is_empty() {
            self.resource = export.resource;
        }
        self.spans.extend(export.spans);
        self.spans.truncate(MAX_ITEMS);
        self.logs.extend(export.logs);
        self.logs.truncate(MAX_ITEMS);
        for mut metric in export.metrics {
            let series = std::mem::take(&mut metric.series);
            let known = self.metrics.entry(metric.name.clone()).or_insert_with(|| metric.clone());
            known.unit = metric.unit;
            known.instrument = metric.instrument;
            known.temporality = metric.temporality;
            for (attributes, value) in series {
                known.record(attributes, value);
            }
        }
    }
}

/// The content of one export.
#[derive(Clone, Debug, Default)]
pub struct Export {
    /// The attributes of the resource.
    pub resource: BTreeMap<String, String>,
    /// The metrics. If two scopes have a metric of the same name, it occurs twice.
    pub metrics: Vec<Metric>,
    /// The spans.
    pub spans: Vec<Span>,
    /// The logs.
    pub logs: Vec<Log>,
}

/// The attributes of a series on one line.
pub fn shown(attributes: &Attributes) -> String {
    let pairs: Vec<_> =
        attributes.iter().map(|(key, value)| format!("{key}={}", value.text)).collect();
    if pairs.is_empty() { "no attributes".to_string() } else { pairs.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export(temporality: Temporality, value: f64) -> Export {
        let mut metric = Metric::new("a".to_string());
        metric.temporality = temporality;
        metric.record(Attributes::new(), Value::Number(value));
        Export { metrics: vec![metric], ..Export::default() }
    }

    #[test]
    fn totals_replace_and_differences_add_up() {
        for (temporality, expected) in [(Temporality::Cumulative, 5.0), (Temporality::Delta, 8.0)] {
            let mut telemetry = Telemetry::default();
            telemetry.add(export(temporality, 3.0));
            telemetry.add(export(temporality, 5.0));
            assert!((telemetry.metrics["a"].events() - expected).abs() < 1e-9);
            assert_eq!(telemetry.exports, 2);
        }
    }

    #[test]
    fn series_beyond_the_limit_are_only_counted() {
        let mut metric = Metric::new("a".to_string());
        for number in 0..MAX_SERIES + 3 {
            let value = Attribute { text: number.to_string(), kind: None };
            metric.record([("k".to_string(), value)].into(), Value::Number(1.0));
        }
        assert_eq!((metric.series.len(), metric.excess), (MAX_SERIES, 3));
    }
}
