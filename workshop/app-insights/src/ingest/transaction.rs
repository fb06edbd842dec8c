//! Validates requests, dependencies, logs, exceptions and events against the published schema.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, value::to_raw_value};

use super::envelope::{Item, ItemError, Object};
use crate::store::{Entry, Kind};

/// A base type of the schema.
struct Schema {
    base: &'static str,
    /// The kind under which the store keeps an item, or `None` if the item is only counted.
    kind: Option<Kind>,
    required: &'static [&'static str],
    /// The text fields with their `maxLength`, in characters.
    texts: &'static [(&'static str, usize)],
}

/// The base types other than `MetricData`.
const SCHEMAS: [Schema; 8] = [
    Schema {
        base: "RequestData",
        kind: Some(Kind::Request),
        required: &["id", "duration", "responseCode", "success"],
        texts: &[
            ("id", 512),
            ("name", 1024),
            ("responseCode", 1024),
            ("source", 1024),
            ("url", 2048),
        ],
    },
    Schema {
        base: "RemoteDependencyData",
        kind: Some(Kind::Dependency),
        required: &["name", "duration"],
        texts: &[
            ("id", 512),
            ("name", 1024),
            ("resultCode", 1024),
            ("data", 8192),
            ("type", 1024),
            ("target", 1024),
        ],
    },
    Schema {
        base: "MessageData",
        kind: Some(Kind::Message),
        required: &["message"],
        texts: &[("message", 32768)],
    },
    Schema {
        base: "ExceptionData",
        kind: Some(Kind::Exception),
        required: &["exceptions"],
        texts: &[("problemId", 1024)],
    },
    Schema {
        base: "EventData",
        kind: Some(Kind::Event),
        required: &["name"],
        texts: &[("name", 512)],
    },
    Schema {
        base: "AvailabilityData",
        kind: None,
        required: &["id", "name", "duration", "success"],
        texts: &[("id", 512), ("name", 1024), ("runLocation", 1024), ("message", 8192)],
    },
    PAGE_VIEW,
    Schema { base: "PageViewPerfData", ..PAGE_VIEW },
];

const PAGE_VIEW: Schema = Schema {
    base: "PageViewData",
    kind: None,
    required: &["id", "name"],
    texts: &[("id", 512), ("name", 1024), ("url", 2048), ("referredUri", 2048)],
};

/// The text fields of an exception in the chain.
const EXCEPTION: [(&str, usize); 3] = [("typeName", 1024), ("message", 32768), ("stack", 32768)];

/// The fields for which an [`Entry`] has its own field.
const IN_ENTRY: [&str; 9] = [
    "ver",
    "id",
    "name",
    "duration",
    "success",
    "responseCode",
    "resultCode",
    "message",
    "severityLevel",
];

/// Azure's names for the severities, from 0 to 4.
const SEVERITIES: [&str; 5] = ["Verbose", "Information", "Warning", "Error", "Critical"];

/// Reads the `data` of an item, or returns `None` if none of the [`SCHEMAS`] has its type.
pub(super) fn parse(
    base: &str,
    data: Object,
    envelope: Object,
    time: Timestamp,
) -> Result<Option<Item>, ItemError> {
    let Some(schema) = SCHEMAS.iter().find(|schema| schema.base == base) else {
        return Ok(None);
    };
    let data = data.base_data(schema.base)?;
    for (field, max) in schema.texts {
        if schema.required.contains(field) {
            data.fits(field, data.required(field)?, *max)?;
        } else {
            data.string(field, *max)?;
        }
    }
    let duration = duration(data, schema)?;
    let success = success(data, schema)?;
    let severity = severity(data)?;
    data.properties()?;
    if let Some(measurements) = data.object("measurements", data.on)? {
        for key in measurements.map.keys() {
            measurements.number(key)?;
        }
    }
    let exception = match schema.kind {
        Some(Kind::Exception) => Some(exception(data)?),
        _ => None,
    };
    let Some(kind) = schema.kind else {
        return Ok(Some(Item::Ignored(schema.base.into())));
    };

    let text = |fields: &[&str]| {
        let mut all = fields.iter().filter_map(|field| data.get(field)?.as_str());
        all.find(|text| !text.is_empty()).unwrap_or_default().into()
    };
    let tags = envelope.object("tags", "ContextTagKeys")?;
    // The maximum lengths are those of the published context tags.
    let tag = |key, max| -> &str {
        let text = tags.and_then(|tags| tags.get(key)?.as_str()).unwrap_or_default();
        text.char_indices().nth(max).map_or(text, |(end, _)| &text[..end])
    };
    let id = |key| match tag(key, 128) {
        // Python's exporter writes these ids for a log outside a span.
        "00000000000000000000000000000000" | "0000000000000000" => "",
        id => id,
    };
    let (operation, parent) = (id("ai.operation.id"), id("ai.operation.parentId"));
    let rest: BTreeMap<&String, &Value> =
        data.map.iter().filter(|(key, _)| !IN_ENTRY.contains(&key.as_str())).collect();
    Ok(Some(Item::Entry(
        Entry {
            kind,
            time,
            duration: if kind.is_span() { duration } else { SignedDuration::ZERO },
            operation: operation.into(),
            // The older SDKs name the transaction itself as the parent of its first item.
            parent: if parent == operation { "" } else { parent }.into(),
            id: if kind.is_span() { text(&["id"]) } else { "".into() },
            role: tag("ai.cloud.role", 256).into(),
            text: exception.unwrap_or_else(|| text(&["name", "message", "url"])),
            code: text(&["responseCode", "resultCode"]),
            failed: kind == Kind::Exception || kind.is_span() && !success,
            severity,
            count: count(envelope.number("sampleRate")?),
            details: to_raw_value(&rest).map_err(|error| ItemError::Json(error.to_string()))?,
        }
        .into(),
    )))
}

fn duration(data: Object, schema: &Schema) -> Result<SignedDuration, ItemError> {
    let text = if schema.required.contains(&"duration") {
        Some(data.required("duration")?)
    } else {
        data.string("duration", usize::MAX)?
    };
    let parsed = text.map(|text| parse_duration(text).ok_or(ItemError::Duration { on: data.on }));
    parsed.unwrap_or(Ok(SignedDuration::ZERO))
}

/// Parses `[DD.]HH:MM:SS[.MMMMMMM]`.
fn parse_duration(text: &str) -> Option<SignedDuration> {
    let (hours, rest) = text.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':')?;
    let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let number = |text: &str, most: usize| -> Option<u32> {
        let digits = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().ok())?
    };
    let (days, hours) = (number(days, 3)?, number(hours, 2)?);
    let (minutes, seconds) = (number(minutes, 2)?, number(seconds, 2)?);
    number(fraction, 7)?;
    let fraction = number(&format!("{fraction:0<9}"), 9)?;
    let whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
    (hours < 24 && minutes < 60 && seconds < 60).then(|| {
        SignedDuration::from_secs(whole.into()) + SignedDuration::from_nanos(fraction.into())
    })
}

/// Whether the call succeeded. In the schema, the default is true.
fn success(data: Object, schema: &Schema) -> Result<bool, ItemError> {
    match data.get("success") {
        Some(Value::Bool(success)) => Ok(*success),
        Some(_) => Err(data.wrong("success", "boolean")),
        None if schema.required.contains(&"success") => {
            Err(ItemError::Missing { field: "success", on: data.on, expected: "boolean" })
        }
        None => Ok(true),
    }
}

/// In the schema, a severity is a name, but exporters send a number.
fn severity(data: Object) -> Result<Option<u8>, ItemError> {
    let level = match data.get("severityLevel") {
        None => return Ok(None),
        Some(Value::String(name)) => SEVERITIES.iter().position(|known| known == name),
        Some(Value::Number(number)) => number.as_u64().and_then(|it| usize::try_from(it).ok()),
        Some(_) => None,
    };
    let level = level.filter(|level| *level < SEVERITIES.len());
    let level = level.and_then(|level| u8::try_from(level).ok());
    level.map(Some).ok_or_else(|| data.wrong("severityLevel", "SeverityLevel"))
}

/// The type and the message of the first exception in the chain. Checks all exceptions.
fn exception(data: Object) -> Result<Box<str>, ItemError> {
    let missing = ItemError::Missing { field: "exceptions", on: data.on, expected: "array" };
    let chain = match data.get("exceptions") {
        None => return Err(missing),
        Some(Value::Array(chain)) if chain.is_empty() => return Err(missing),
        Some(Value::Array(chain)) => chain,
        Some(_) => return Err(data.wrong("exceptions", "array")),
    };
    for exception in chain {
        let Value::Object(map) = exception else {
            return Err(data.wrong("exceptions", "array of objects"));
        };
        let exception = Object { map, on: "ExceptionDetails" };
        exception.required("message")?;
        for (field, max) in EXCEPTION {
            exception.string(field, max)?;
        }
    }
    let first = |field| chain[0][field].as_str().unwrap_or_default();
    Ok(match (first("typeName"), first("message")) {
        ("", message) => message.into(),
        (name, message) => format!("{name}: {message}").into(),
    })
}

/// The number of items that a sampled item represents. A rate that is above 100, or not above 0,
/// counts as 100.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn count(rate: Option<f64>) -> u32 {
    match rate {
        Some(rate) if rate > 0.0 && rate < 100.0 => (100.0 / rate).round() as u32,
        _ => 1,
    }
}
