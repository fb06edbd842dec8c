//! Reads OTLP/JSON into the Protobuf messages, as the specification asks and, where that leaves a
//! choice, as the Collector does.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>: keys in lowerCamelCase,
//! unknown ones ignored, 64-bit integers as number or string, enums as integers only, ids in hex.
//! `null` stands for an empty message, array or string, as in the Collector.
//!
//! `messages` has the keys of each message, `values` reads what is no message. The text is read in
//! one pass and what is ignored is never kept, so that a large request cannot swell in memory on the
//! way. `serde_json` refuses nesting beyond 128 levels.

mod messages;
mod values;

use std::borrow::Cow;
use std::fmt;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// Reads a whole request.
///
/// # Errors
/// Text that is not JSON, or a known key with a value of another type.
pub fn read(body: &[u8]) -> Result<ExportMetricsServiceRequest, serde_json::Error> {
    serde_json::from_slice(body).map(|Json(request)| request)
}

/// A Protobuf message that can be read from a JSON object.
trait Message: Default {
    /// Reads the value of the field called `key`, or skips it when there is no such field.
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, json: &mut A) -> Result<(), A::Error>;
}

fn skip<'de, A: MapAccess<'de>>(json: &mut A) -> Result<(), A::Error> {
    json.next_value::<IgnoredAny>().map(drop)
}

fn set<'de, T: FromJson, A: MapAccess<'de>>(field: &mut T, json: &mut A) -> Result<(), A::Error> {
    let Json(value) = json.next_value()?;
    *field = value;
    Ok(())
}

fn set_some<'de, T: FromJson, A: MapAccess<'de>>(
    field: &mut Option<T>,
    json: &mut A,
) -> Result<(), A::Error> {
    choose(field, |value| value, json)
}

/// Sets a `oneof` field: of several members the last one counts.
fn choose<'de, T: FromJson, O, A: MapAccess<'de>>(
    field: &mut Option<O>,
    member: impl FnOnce(T) -> O,
    json: &mut A,
) -> Result<(), A::Error> {
    let Json(value) = json.next_value()?;
    *field = Some(member(value));
    Ok(())
}

/// Reads into a message that an earlier key of the same name may have begun.
fn merge<'de, M: Message, A: MapAccess<'de>>(
    field: &mut Option<M>,
    json: &mut A,
) -> Result<(), A::Error> {
    json.next_value_seed(Fill(field.get_or_insert_default()))
}

fn append<'de, T: FromJson, A: MapAccess<'de>>(
    field: &mut Vec<T>,
    json: &mut A,
) -> Result<(), A::Error> {
    json.next_value_seed(Append(field))
}

/// Only integers, unlike the Collector: "the enum name strings MUST NOT be used".
fn enumeration<'de, A: MapAccess<'de>>(field: &mut i32, json: &mut A) -> Result<(), A::Error> {
    *field = json.next_value()?;
    Ok(())
}

/// Hex digits of either case; an id of zero length stands for none.
fn id<'de, A: MapAccess<'de>>(field: &mut Vec<u8>, json: &mut A) -> Result<(), A::Error> {
    let digits = json.next_value::<Cow<str>>()?;
    let pairs = digits.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| match pair {
        [high, low] => Some(hex_digit(*high)? << 4 | hex_digit(*low)?),
        _ => None,
    });
    *field = bytes.collect::<Option<_>>().ok_or_else(|| A::Error::custom("an id is not in hex"))?;
    Ok(())
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// What a field, or an item of a list, can be read from.
trait FromJson: Sized {
    fn from_json<'de, D: Deserializer<'de>>(json: D) -> Result<Self, D::Error>;
}

struct Json<T>(T);

impl<'de, T: FromJson> Deserialize<'de> for Json<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        T::from_json(json).map(Json)
    }
}

impl<M: Message> FromJson for M {
    fn from_json<'de, D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let mut message = M::default();
        Fill(&mut message).deserialize(json)?;
        Ok(message)
    }
}

/// Reads the keys of an object into a message.
struct Fill<'a, M>(&'a mut M);

impl<'de, M: Message> DeserializeSeed<'de> for Fill<'_, M> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, M: Message> Visitor<'de> for Fill<'_, M> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut json: A) -> Result<(), A::Error> {
        while let Some(key) = json.next_key::<Cow<str>>()? {
            self.0.field(&key, &mut json)?;
        }
        Ok(())
    }
}

/// Reads the items of an array onto the end of a list.
struct Append<'a, T>(&'a mut Vec<T>);

impl<'de, T: FromJson> DeserializeSeed<'de> for Append<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, T: FromJson> Visitor<'de> for Append<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut json: A) -> Result<(), A::Error> {
        while let Some(Json(item)) = json.next_element()? {
            self.0.push(item);
        }
        Ok(())
    }
}
