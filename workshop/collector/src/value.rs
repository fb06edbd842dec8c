//! Formats attribute values, enums, trace ids and span ids as pdata 1.68.0 does
//! (`Value.AsString` in `pcommon/value.go` of the Collector's sources).

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};

use crate::go;

/// The type and the value, for example `Str(red)`, `Int(3)`, `Slice(["red",3])`, `Empty()`.
#[must_use]
pub fn typed(value: Option<&AnyValue>) -> String {
    match value.and_then(|any| any.value.as_ref()) {
        // References to a string table exist only in profiles.
        None | Some(Value::StringValueStrindex(_)) => "Empty()".to_owned(),
        Some(Value::StringValue(text)) => format!("Str({text})"),
        Some(Value::BoolValue(value)) => format!("Bool({value})"),
        Some(Value::IntValue(value)) => format!("Int({value})"),
        Some(Value::DoubleValue(value)) => format!("Double({})", double(*value)),
        Some(Value::BytesValue(bytes)) => format!("Bytes({})", STANDARD.encode(bytes)),
        Some(slice @ Value::ArrayValue(_)) => format!("Slice({})", json(slice)),
        Some(map @ Value::KvlistValue(_)) => format!("Map({})", json(map)),
    }
}

/// A trace or span id in hex, or an empty string for an id of zeros, which means "no id".
#[must_use]
pub fn id(bytes: &[u8]) -> String {
    let mut text = String::new();
    if bytes.iter().any(|byte| *byte != 0) {
        for byte in bytes {
            let _ = write!(text, "{byte:02x}");
        }
    }
    text
}

/// The name of an enum's value, for example `Server`, or an empty string for a number without a
/// name.
#[must_use]
pub fn enumeration<E: TryFrom<i32> + Debug>(number: i32) -> String {
    E::try_from(number).map_or_else(|_| String::new(), |value| format!("{value:?}"))
}

fn double(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        go::shortest(value)
    }
}

/// The value as JSON, or an empty string if the value contains NaN or an infinity: Go's encoder
/// rejects such a value, and the Collector ignores the error.
fn json(value: &Value) -> String {
    let mut out = String::new();
    match write_json(value, &mut out) {
        Ok(()) => out,
        Err(NotFinite) => String::new(),
    }
}

/// JSON has neither NaN nor infinities.
struct NotFinite;

fn write_json(value: &Value, out: &mut String) -> Result<(), NotFinite> {
    match value {
        Value::StringValueStrindex(_) => out.push_str("null"),
        Value::StringValue(text) => go::json_string(text, out),
        Value::BoolValue(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::IntValue(value) => {
            let _ = write!(out, "{value}");
        }
        Value::DoubleValue(value) if value.is_finite() => out.push_str(&go::shortest(*value)),
        Value::DoubleValue(_) => return Err(NotFinite),
        // In Go, an empty slice of bytes is nil, which is null in JSON.
        Value::BytesValue(bytes) if bytes.is_empty() => out.push_str("null"),
        Value::BytesValue(bytes) => {
            let _ = write!(out, "\"{}\"", STANDARD.encode(bytes));
        }
        Value::ArrayValue(array) => {
            out.push('[');
            for (i, item) in array.values.iter().enumerate() {
                separate(i, out);
                write_json_or_null(Some(item), out)?;
            }
            out.push(']');
        }
        Value::KvlistValue(list) => {
            // As in a Go map, the last value of a key is kept, and the keys are sorted.
            let map: BTreeMap<_, _> =
                list.values.iter().map(|pair| (&pair.key, pair.value.as_ref())).collect();
            out.push('{');
            for (i, (key, value)) in map.into_iter().enumerate() {
                separate(i, out);
                go::json_string(key, out);
                out.push(':');
                write_json_or_null(value, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn separate(i: usize, out: &mut String) {
    if i > 0 {
        out.push(',');
    }
}

fn write_json_or_null(value: Option<&AnyValue>, out: &mut String) -> Result<(), NotFinite> {
    if let Some(value) = value.and_then(|any| any.value.as_ref()) {
        return write_json(value, out);
    }
    out.push_str("null");
    Ok(())
}
