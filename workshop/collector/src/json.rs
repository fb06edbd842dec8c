//! Reads OTLP/JSON into Protobuf messages. Where the specification allows a choice, this module
//! does what the Collector does.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>: keys are in
//! lowerCamelCase, unknown keys are ignored, a 64-bit integer is a number or a string, an enum is
//! an integer, and an id is in hex.
//! As in the Collector, `null` is an empty message, array or string.
//!
//! `messages` contains the keys of each message, and `values` reads all other values. The text is
//! read in one pass, and ignored values are not stored, which limits the memory for a large
//! request. `serde_json` rejects more than 128 levels of nesting.

mod messages;
mod values;

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// Reads a whole request.
pub fn read<M: Message>(body: &[u8]) -> Result<M, serde_json::Error> {
    serde_json::from_slice(body).map(|Json(request)| request)
}

/// A Protobuf message that can be read from a JSON object.
pub trait Message: Default {
    /// Reads the value of the field `key`, or skips the value of an unknown key.
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

/// Sets a `oneof` field. The last member replaces earlier members.
fn choose<'de, T: FromJson, O, A: MapAccess<'de>>(
    field: &mut Option<O>,
    member: impl FnOnce(T) -> O,
    json: &mut A,
) -> Result<(), A::Error> {
    let Json(value) = json.next_value()?;
    *field = Some(member(value));
    Ok(())
}

/// Reads an object into a message. A second occurrence of a key adds to the same message.
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

/// Reads an enum as an integer. Names, which the Collector accepts, are errors: "the enum name strings
/// MUST NOT be used".
fn enumeration<'de, A: MapAccess<'de>>(field: &mut i32, json: &mut A) -> Result<(), A::Error> {
    *field = json.next_value()?;
    Ok(())
}

/// Reads an id in hex, in upper or lower case. An empty string means that there is no id.
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

/// A type of fields and of list items.
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

/// Appends the items of an array to a list.
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
