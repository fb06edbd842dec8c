//! Reads values other than messages: booleans, strings, numbers and bytes.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

use super::FromJson;

impl FromJson for bool {
    fn from_json<'de, D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        Self::deserialize(json)
    }
}

impl FromJson for String {
    fn from_json<'de, D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        Option::deserialize(json).map(Option::unwrap_or_default)
    }
}

macro_rules! integer {
    ($($type:ty),*) => {$(
        impl FromJson for $type {
            fn from_json<'de, D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
                json.deserialize_any(Integer(PhantomData))
            }
        }
    )*};
}

integer!(i32, u32, i64, u64);

impl FromJson for f64 {
    fn from_json<'de, D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Double)
    }
}

/// Bytes in Base64: the standard alphabet with padding, as in the Collector.
pub(super) struct Base64(pub(super) Vec<u8>);

impl FromJson for Base64 {
    fn from_json<'de, D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        // Go ignores line breaks and the unused bits of the last character.
        const LIKE_GO: GeneralPurpose = GeneralPurpose::new(
            &base64::alphabet::STANDARD,
            GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
        );
        let text = Cow::<str>::deserialize(json)?.replace(['\r', '\n'], "");
        LIKE_GO.decode(text).map(Base64).map_err(D::Error::custom)
    }
}

/// An integer, as a number or as a string of decimal digits.
struct Integer<T>(PhantomData<T>);

impl<T: TryFrom<u64> + TryFrom<i64> + FromStr> Visitor<'_> for Integer<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "an integer of type {}", std::any::type_name::<T>())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
        T::try_from(value).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<T, E> {
        T::try_from(value).map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<T, E> {
        // serde_json reads "-0" as a double, to keep the sign.
        if value == 0.0 && value.is_sign_negative() {
            return self.visit_u64(0);
        }
        Err(E::invalid_type(Unexpected::Float(value), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        // Rust accepts a plus sign before an unsigned number; Go rejects it.
        let unsigned = T::try_from(-1_i64).is_err();
        match text.parse() {
            Ok(value) if !(unsigned && text.starts_with('+')) => Ok(value),
            _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }
}

/// A double, as a number or as a string, such as `"NaN"` or `"-Infinity"`.
struct Double;

impl Visitor<'_> for Double {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a number")
    }

    #[expect(clippy::cast_precision_loss, reason = "rounded to the nearest double, as any number")]
    fn visit_u64<E>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "rounded to the nearest double, as any number")]
    fn visit_i64<E>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_f64<E>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
        // Rust reads a number that is too large as infinity; Go rejects it.
        let digits = text.contains(|c: char| c.is_ascii_digit());
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() || !digits => Ok(value),
            _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }
}
