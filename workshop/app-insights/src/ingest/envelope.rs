//! Validates one telemetry item, the "envelope", against the published schema ([`crate::SCHEMA`]).
//!
//! Messages that begin with a number are those of the real endpoint, as its clients quote them in
//! their issues (for instance `microsoft/ApplicationInsights-JS#205`, `-node.js#864` and
//! `-Java#4283`); the others are this stand-in's. No message repeats a value of the item, which may
//! contain an instrumentation key.

use jiff::Timestamp;
use serde_json::{Map, Number, Value};
use thiserror::Error;

use crate::store::{
    Aggregate, DEFAULT_NAMESPACE, Dimensions, MAX_AGE, MAX_AHEAD, MAX_DIMENSIONS, MAX_KEY,
    MAX_NAME, MAX_NAMESPACE, MAX_VALUE, Metric, Point, Series,
};

/// The largest item, in bytes. Azure's "maximum event size".
pub const MAX_ITEM: usize = 64 << 10;
/// `maxLength` of `TelemetryItem.seq`, in characters.
pub const MAX_SEQUENCE: usize = 64;

/// The base types of the schema other than `MetricData`.
const OTHER_TYPES: [&str; 8] = [
    "AvailabilityData",
    "EventData",
    "ExceptionData",
    "MessageData",
    "PageViewData",
    "PageViewPerfData",
    "RemoteDependencyData",
    "RequestData",
];

/// A valid item.
#[derive(Clone, Debug)]
pub enum Item {
    /// A metric.
    Metric(MetricItem),
    /// An item that is accepted, as by the real endpoint, and then ignored: the name of its base
    /// type, if the schema has it.
    Ignored(Option<&'static str>),
}

/// A metric's envelope.
#[derive(Clone, Debug)]
pub struct MetricItem {
    /// The first data point.
    pub point: Point,
    /// The number of data points after the first. "If multiple data points were sent only the
    /// first one will be used" (the schema).
    pub further: usize,
}

/// A reason to refuse an item. The answer's `statusCode` is always 400.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
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
    // Every key is accepted, as there are no accounts here. Azure refuses an item without a key.
    if envelope.string("iKey", usize::MAX)?.is_none_or(str::is_empty) {
        return Err(ItemError::Key);
    }
    if let Some(tags) = envelope.object("tags", "ContextTagKeys")?
        && !tags.map.values().all(|tag| tag.is_string() || tag.is_null())
    {
        return Err(envelope.wrong("tags", "strings"));
    }
    let Some(data) = envelope.object("data", "Base")? else {
        return Ok(Item::Ignored(None));
    };
    match data.string("baseType", usize::MAX)? {
        Some("MetricData") => parse_metric(data, time).map(Item::Metric),
        other => Ok(Item::Ignored(OTHER_TYPES.into_iter().find(|known| Some(*known) == other))),
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
    let data =
        data.object("baseData", "MetricData")?.ok_or(missing("baseData", "Base", "object"))?;
    let ver = data.number("ver")?;
    ver.ok_or(missing("ver", "MetricData", "number"))?;
    let (dimensions, cut) = match data.object("properties", "MetricData")? {
        Some(properties) => parse_properties(properties)?,
        None => Default::default(),
    };

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
    // "Should not be set for a measurement", says the schema of all four.
    if measurement {
        return Ok(Aggregate::new(value, 1, Some(value), Some(value)));
    }
    Ok(match (count.unwrap_or(1), min, max) {
        (1, None, None) => Aggregate::counter(value),
        (count, min, max) => Aggregate::new(value, count, min, max),
    })
}

/// The first dimensions by name, and the number of the others.
fn parse_properties(properties: Object) -> Result<(Dimensions, usize), ItemError> {
    let mut pairs = Vec::new();
    let mut cut = 0;
    // Sorted by name, as the map is.
    for key in properties.map.keys() {
        if longer_than(key, MAX_KEY) {
            return Err(ItemError::TooLong {
                field: "key of properties".into(),
                on: properties.on,
                max: MAX_KEY,
            });
        }
        match properties.string(key, MAX_VALUE)? {
            Some(value) if pairs.len() < MAX_DIMENSIONS => pairs.push((key.as_str(), value)),
            Some(_) => cut += 1,
            None => {}
        }
    }
    Ok((pairs.into_iter().collect(), cut))
}

/// A JSON object, with the real endpoint's name of its type. A null counts as absent.
#[derive(Clone, Copy)]
struct Object<'a> {
    map: &'a Map<String, Value>,
    on: &'static str,
}

impl<'a> Object<'a> {
    fn get(&self, field: &str) -> Option<&'a Value> {
        self.map.get(field).filter(|value| !value.is_null())
    }

    fn wrong(&self, field: &str, expected: &'static str) -> ItemError {
        ItemError::WrongType { field: field.into(), on: self.on, expected }
    }

    fn fits(&self, field: &str, value: &str, max: usize) -> Result<(), ItemError> {
        if longer_than(value, max) {
            return Err(ItemError::TooLong { field: field.into(), on: self.on, max });
        }
        Ok(())
    }

    fn string(&self, field: &str, max: usize) -> Result<Option<&'a str>, ItemError> {
        let Some(value) = self.get(field) else {
            return Ok(None);
        };
        let value = value.as_str().ok_or_else(|| self.wrong(field, "string"))?;
        self.fits(field, value, max)?;
        Ok(Some(value))
    }

    fn required(&self, field: &'static str) -> Result<&'a str, ItemError> {
        self.string(field, usize::MAX)?
            .filter(|value| !value.is_empty())
            .ok_or(ItemError::Missing { field, on: self.on, expected: "string" })
    }

    fn number(&self, field: &str) -> Result<Option<f64>, ItemError> {
        let Some(value) = self.get(field) else {
            return Ok(None);
        };
        // JSON has no NaN and no infinity; the filter is for parsers that allow them.
        let number = value.as_f64().filter(|number| number.is_finite());
        number.map(Some).ok_or_else(|| self.wrong(field, "number"))
    }

    /// In the schema `count` is a 32-bit integer. No values have no average, so zero is refused.
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

    fn object(&self, field: &str, on: &'static str) -> Result<Option<Object<'a>>, ItemError> {
        match self.get(field) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Object { map, on })),
            Some(_) => Err(self.wrong(field, "object")),
        }
    }
}

fn whole(number: &Number) -> Option<u32> {
    let whole = number.as_u64().and_then(|n| u32::try_from(n).ok());
    // 5.0 is a whole number, too.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    whole.or_else(|| {
        let n = number.as_f64()?;
        (n.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&n)).then_some(n as u32)
    })
}

fn longer_than(text: &str, max: usize) -> bool {
    text.len() > max && text.chars().count() > max
}
