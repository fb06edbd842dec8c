//! Validates one telemetry item, the "envelope", against the published schema ([`crate::SCHEMA`]).
//!
//! Messages that begin with a number come from the real endpoint, as users of its clients quote
//! them in issues (for instance `microsoft/ApplicationInsights-JS#205`, `-node.js#864` and
//! `-Java#4283`). The other messages are the stand-in's own. No message repeats a value of the
//! item, because the value may contain an instrumentation key.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Number, Value};
use thiserror::Error;

use super::transaction;
use crate::store::{
    Aggregate, DEFAULT_NAMESPACE, Entry, MAX_AGE, MAX_AHEAD, MAX_DIMENSIONS, MAX_KEY, MAX_NAME,
    MAX_NAMESPACE, MAX_VALUE, Metric, Point, Series,
};

/// The maximum size of an item, in bytes. Azure calls this limit the "maximum event size".
pub const MAX_ITEM: usize = 64 << 10;
/// `maxLength` of `TelemetryItem.seq`, in characters.
pub const MAX_SEQUENCE: usize = 64;

/// The maximum number of characters of an unknown base type that are kept.
const MAX_TYPE: usize = 64;
/// The name for the missing base type of an item.
const NO_TYPE: &str = "without a type";

/// A valid item.
#[derive(Clone, Debug)]
pub enum Item {
    /// A metric.
    Metric(MetricItem),
    /// An item of a transaction.
    Entry(Arc<Entry>),
    /// The name of the base type of an item that is only counted. The real endpoint accepts such an
    /// item, too.
    Ignored(Box<str>),
}

/// The envelope of a metric.
#[derive(Clone, Debug)]
pub struct MetricItem {
    /// The first data point.
    pub point: Point,
    /// The number of data points after the first. "If multiple data points were sent only the
    /// first one will be used" (the schema).
    pub further: usize,
}

/// The reason to refuse an item. The `statusCode` in the response is always 400.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages are clear")]
pub enum ItemError {
    #[error("The item is larger than {MAX_ITEM} bytes")]
    TooLarge,
    #[error("The item is not valid JSON: {0}")]
    Json(String),
    #[error("The item is not a JSON object")]
    NotAnObject,
    #[error("100: Field '{field}' on type '{on}' is too long. Expected: {max} characters")]
    TooLong { field: String, on: &'static str, max: usize },
    #[error("102: Field 'time' on type 'Envelope' is not a valid time string. Expected: date")]
    Time,
    #[error(
        "103: Field 'time' on type 'Envelope' is older than the allowed min date. \
         Expected: now - {}ms",
        MAX_AGE.as_millis()
    )]
    TooOld,
    #[error(
        "Field 'time' on type 'Envelope' is too far in the future. Expected: at most now + {}ms",
        MAX_AHEAD.as_millis()
    )]
    TooFarAhead,
    #[error("106: Field '{field}' on type '{on}' is of incorrect type. Expected: {expected}")]
    WrongType { field: String, on: &'static str, expected: &'static str },
    #[error(
        "108: Field 'duration' on type '{on}' is not a valid duration string. \
         Expected: dd.hh:mm:ss.fffffff format not exceeding 1000 days"
    )]
    Duration { on: &'static str },
    #[error(
        "109: Field '{field}' on type '{on}' is required but missing or empty. \
         Expected: {expected}"
    )]
    Missing { field: &'static str, on: &'static str, expected: &'static str },
    #[error("Invalid instrumentation key")]
    Key,
    #[error("Field 'count' on type 'DataPoint' is out of range. Expected: 1 to {}", i32::MAX)]
    Count,
    #[error("Field 'min' on type 'DataPoint' is greater than field 'max'")]
    MinAboveMax,
    #[error("Field 'stdDev' on type 'DataPoint' is negative")]
    StdDev,
}

/// Reads and validates one item. Its `time` is compared with `now`.
pub fn parse(item: &str, now: Timestamp) -> Result<Item, ItemError> {
    if item.len() > MAX_ITEM {
        return Err(ItemError::TooLarge);
    }
    let item: Value = serde_json::from_str(item).map_err(|e| ItemError::Json(e.to_string()))?;
    let Value::Object(map) = item else {
        return Err(ItemError::NotAnObject);
    };
    let envelope = Object { map: &map, on: "Envelope" };
    envelope.required("name")?;
    let time = parse_time(envelope.required("time")?, now)?;
    envelope.number("ver")?;
    envelope.number("sampleRate")?;
    envelope.string("seq", MAX_SEQUENCE)?;
    // Every key is accepted, because the stand-in has no accounts. Azure refuses an item without a
    // key.
    if envelope.string("iKey", usize::MAX)?.is_none_or(str::is_empty) {
        return Err(ItemError::Key);
    }
    if let Some(tags) = envelope.object("tags", "ContextTagKeys")?
        && !tags.map.values().all(|tag| tag.is_string() || tag.is_null())
    {
        return Err(envelope.wrong("tags", "strings"));
    }
    let Some(data) = envelope.object("data", "Base")? else {
        return Ok(Item::Ignored(NO_TYPE.into()));
    };
    match data.string("baseType", usize::MAX)?.unwrap_or(NO_TYPE) {
        "MetricData" => parse_metric(data, time).map(Item::Metric),
        other => Ok(transaction::parse(other, data, envelope, time)?
            .unwrap_or_else(|| Item::Ignored(other.chars().take(MAX_TYPE).collect()))),
    }
}

fn parse_time(time: &str, now: Timestamp) -> Result<Timestamp, ItemError> {
    let time: Timestamp = time.parse().map_err(|_| ItemError::Time)?;
    let age = now.duration_since(time);
    if age > MAX_AGE {
        return Err(ItemError::TooOld);
    }
    if -age > MAX_AHEAD {
        return Err(ItemError::TooFarAhead);
    }
    Ok(time)
}

fn parse_metric(data: Object, time: Timestamp) -> Result<MetricItem, ItemError> {
    let missing = |field, on, expected| ItemError::Missing { field, on, expected };
    let data = data.base_data("MetricData")?;
    // The first dimensions by name, because the map is sorted.
    let mut properties = data.properties()?;
    let cut = properties.len().saturating_sub(MAX_DIMENSIONS);
    properties.truncate(MAX_DIMENSIONS);
    let dimensions = properties.into_iter().collect();

    let metrics = match data.get("metrics") {
        None => Err(missing("metrics", "MetricData", "array")),
        Some(Value::Array(metrics)) => Ok(metrics),
        Some(_) => Err(data.wrong("metrics", "array")),
    }?;
    let (map, further) = match metrics.split_first() {
        None => Err(missing("metrics", "MetricData", "array")),
        Some((Value::Object(map), further)) => Ok((map, further.len())),
        Some(_) => Err(data.wrong("metrics[0]", "object")),
    }?;
    let first = Object { map, on: "DataPoint" };
    let name = first.required("name")?;
    first.fits("name", name, MAX_NAME)?;
    let ns = first.string("ns", MAX_NAMESPACE)?.filter(|ns| !ns.is_empty());
    let ns = ns.unwrap_or(DEFAULT_NAMESPACE);
    let aggregate = parse_values(&first)?;
    Ok(MetricItem {
        point: Point {
            series: Series {
                metric: Metric { namespace: ns.into(), name: name.into() },
                dimensions,
            },
            cut,
            time,
            aggregate,
        },
        further,
    })
}

fn parse_values(point: &Object) -> Result<Aggregate, ItemError> {
    let value = point.number("value")?.ok_or(ItemError::Missing {
        field: "value",
        on: point.on,
        expected: "number",
    })?;
    let measurement = match point.string("kind", usize::MAX)? {
        None | Some("Aggregation") => false,
        Some("Measurement") => true,
        Some(_) => return Err(point.wrong("kind", "Measurement or Aggregation")),
    };
    let count = point.count()?;
    let (min, max) = (point.number("min")?, point.number("max")?);
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        return Err(ItemError::MinAboveMax);
    }
    if point.number("stdDev")?.is_some_and(|deviation| deviation < 0.0) {
        return Err(ItemError::StdDev);
    }
    // The schema says of all four: "Should not be set for a measurement".
    if measurement {
        return Ok(Aggregate::new(value, 1, Some(value), Some(value)));
    }
    Ok(match (count.unwrap_or(1), min, max) {
        (1, None, None) => Aggregate::counter(value),
        (count, min, max) => Aggregate::new(value, count, min, max),
    })
}

/// A JSON object, with the real endpoint's name for its type. A null counts as absent.
#[derive(Clone, Copy)]
pub(super) struct Object<'a> {
    pub(super) map: &'a Map<String, Value>,
    pub(super) on: &'static str,
}

impl<'a> Object<'a> {
    pub(super) fn get(&self, field: &str) -> Option<&'a Value> {
        self.map.get(field).filter(|value| !value.is_null())
    }

    pub(super) fn wrong(&self, field: &str, expected: &'static str) -> ItemError {
        ItemError::WrongType { field: field.into(), on: self.on, expected }
    }

    pub(super) fn fits(&self, field: &str, value: &str, max: usize) -> Result<(), ItemError> {
        if longer_than(value, max) {
            return Err(ItemError::TooLong { field: field.into(), on: self.on, max });
        }
        Ok(())
    }

    pub(super) fn string(&self, field: &str, max: usize) -> Result<Option<&'a str>, ItemError> {
        let Some(value) = self.get(field) else {
            return Ok(None);
        };
        let value = value.as_str().ok_or_else(|| self.wrong(field, "string"))?;
        self.fits(field, value, max)?;
        Ok(Some(value))
    }

    pub(super) fn required(&self, field: &'static str) -> Result<&'a str, ItemError> {
        self.string(field, usize::MAX)?
            .filter(|value| !value.is_empty())
            .ok_or(ItemError::Missing { field, on: self.on, expected: "string" })
    }

    pub(super) fn number(&self, field: &str) -> Result<Option<f64>, ItemError> {
        let Some(value) = self.get(field) else {
            return Ok(None);
        };
        // JSON has neither NaN nor infinity; the filter is for parsers that allow them.
        let number = value.as_f64().filter(|number| number.is_finite());
        number.map(Some).ok_or_else(|| self.wrong(field, "number"))
    }

    /// In the schema, `count` is a 32-bit integer. Zero is refused, because zero values have no
    /// average.
    fn count(&self) -> Result<Option<u32>, ItemError> {
        match self.get("count") {
            None => Ok(None),
            Some(Value::Number(number)) => whole(number)
                .filter(|count| (1..=i32::MAX as u32).contains(count))
                .map(Some)
                .ok_or(ItemError::Count),
            Some(_) => Err(self.wrong("count", "number")),
        }
    }

    pub(super) fn object(
        &self,
        field: &str,
        on: &'static str,
    ) -> Result<Option<Object<'a>>, ItemError> {
        match self.get(field) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Object { map, on })),
            Some(_) => Err(self.wrong(field, "object")),
        }
    }
}

impl<'a> Object<'a> {
    /// The `baseData`, of the type `on`, with its version.
    pub(super) fn base_data(&self, on: &'static str) -> Result<Object<'a>, ItemError> {
        let missing = |field, on, expected| ItemError::Missing { field, on, expected };
        let data = self.object("baseData", on)?.ok_or(missing("baseData", "Base", "object"))?;
        data.number("ver")?.ok_or(missing("ver", on, "number"))?;
        Ok(data)
    }

    /// The `properties` that are not null.
    pub(super) fn properties(&self) -> Result<Vec<(&'a str, &'a str)>, ItemError> {
        let Some(properties) = self.object("properties", self.on)? else {
            return Ok(Vec::new());
        };
        let mut pairs = Vec::new();
        for key in properties.map.keys() {
            properties.fits("key of properties", key, MAX_KEY)?;
            if let Some(value) = properties.string(key, MAX_VALUE)? {
                pairs.push((key.as_str(), value));
            }
        }
        Ok(pairs)
    }
}

fn whole(number: &Number) -> Option<u32> {
    let whole = number.as_u64().and_then(|n| u32::try_from(n).ok());
    // 5.0 is also a whole number.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    whole.or_else(|| {
        let n = number.as_f64()?;
        (n.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&n)).then_some(n as u32)
    })
}

fn longer_than(text: &str, max: usize) -> bool {
    text.len() > max && text.chars().count() > max
}
