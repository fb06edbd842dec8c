//! The text of attribute values and of trace and span ids, as pdata 1.68.0 writes them
//! (`Value.AsString` in `pcommon/value.go` of the Collector's sources).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};

use crate::go;

/// The type and the value, for example `Str(red)`, `Int(3)`, `Slice(["red",3])`, `Empty()`.
#[must_use]
pub fn typed(value: Option<&AnyValue>) -> String {
    match value.and_then(|any| any.value.as_ref()) {
        // A reference into a table of strings, which only profiles have.
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

/// A trace or span id in hex; nothing for an id of zeros, which means "none".
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

fn double(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        go::shortest(value)
    }
}

/// `value` as JSON, or nothing: Go's encoder refuses NaN and infinities, and the Collector drops
/// the error together with the text.
fn json(value: &Value) -> String {
    let mut out = String::new();
    match write_json(value, &mut out) {
        Ok(()) => out,
        Err(NotANumber) => String::new(),
    }
}

/// JSON has no such number.
struct NotANumber;

fn write_json(value: &Value, out: &mut String) -> Result<(), NotANumber> {
    match value {
        Value::StringValueStrindex(_) => out.push_str("null"),
        Value::StringValue(text) => go::json_string(text, out),
        Value::BoolValue(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::IntValue(value) => {
            let _ = write!(out, "{value}");
        }
        Value::DoubleValue(value) if value.is_finite() => out.push_str(&go::shortest(*value)),
        Value::DoubleValue(_) => return Err(NotANumber),
        // In Go an empty slice of bytes is nil, and nil is null.
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
            // A Go map: of two values under one key the last counts, and the keys are sorted.
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

fn write_json_or_null(value: Option<&AnyValue>, out: &mut String) -> Result<(), NotANumber> {
    if let Some(value) = value.and_then(|any| any.value.as_ref()) {
        return write_json(value, out);
    }
    out.push_str("null");
    Ok(())
}
