//! Formats numbers, times and JSON strings as Go 1.26 does.
//!
//! Rust's own formats differ in details, such as `inf` for `+Inf`. Each function names its Go
//! counterpart.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;

/// `fmt.Sprintf("%f", value)`: six decimals, `NaN`, `+Inf`, `-Inf`.
#[must_use]
pub fn fixed(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        format!("{value:.6}")
    }
}

/// The shortest decimal that reads back as `value`, as `encoding/json` and pdata's
/// `float64AsString` write it: with an exponent below 1e-6 and from 1e21 on.
///
/// Not for NaN or infinities, which those two functions write differently.
#[must_use]
pub fn shortest(value: f64) -> String {
    let text = scientific(value);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: isize = exponent.parse().unwrap_or_default();
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let digits = mantissa.replace(['-', '.'], "");
    let size = exponent.unsigned_abs();
    match exponent {
        21.. => format!("{mantissa}e+{exponent}"),
        ..-6 => format!("{mantissa}e{exponent}"),
        -6..0 => format!("{sign}0.{}{digits}", "0".repeat(size - 1)),
        _ => match digits.split_at_checked(size + 1) {
            Some((whole, "")) => format!("{sign}{whole}"),
            Some((whole, decimals)) => format!("{sign}{whole}.{decimals}"),
            None => format!("{sign}{digits}{}", "0".repeat(size + 1 - digits.len())),
        },
    }
}

/// The shortest decimal that reads back as `value`, such as `1.5e21`.
///
/// If two decimals are equally near, Rust chooses the larger one and Go the even one. With a given
/// number of digits, Rust also chooses the even one.
fn scientific(value: f64) -> String {
    let nearest = format!("{value:e}");
    let digits = nearest.split('e').next().unwrap_or_default();
    let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let even = format!("{value:.decimals$e}");
    if even.parse() == Ok(value) { even } else { nearest }
}

/// Writes `text` as `encoding/json` does with `SetEscapeHTML(false)`.
pub fn json_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // The last two characters are line breaks in older versions of JavaScript.
            '\0'..='\x1f' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

/// `time.Unix(0, int64(nanoseconds)).UTC().String()`, for example
/// `2026-11-22 16:08:00.5 +0000 UTC`.
///
/// As in the Collector, OTLP's unsigned number is interpreted as a signed number: numbers from 2^63
/// on are times before 1970.
#[must_use]
pub fn timestamp(nanoseconds: u64) -> String {
    to_timestamp(nanoseconds).strftime("%F %T%.f +0000 UTC").to_string()
}

/// `time.RFC3339Nano` in UTC, for example `2026-11-22T16:08:00.5Z`.
#[must_use]
pub fn rfc3339(nanoseconds: u64) -> String {
    to_timestamp(nanoseconds).to_string()
}

fn to_timestamp(nanoseconds: u64) -> Timestamp {
    // 64 bits of nanoseconds are always in the range of a timestamp.
    Timestamp::from_nanosecond(nanoseconds.cast_signed().into()).unwrap_or_default()
}

/// `time.Duration.String()`, for example `1h0m2.5s`, `1.5ms`, `0s`.
#[must_use]
pub fn duration(value: Duration) -> String {
    let nanos = value.subsec_nanos();
    if value.as_secs() == 0 {
        return match nanos {
            0 => "0s".to_owned(),
            1..1_000 => format!("{nanos}ns"),
            1_000..1_000_000 => {
                format!("{}{}µs", nanos / 1_000, fraction((nanos % 1_000).into(), 3))
            }
            _ => format!("{}{}ms", nanos / 1_000_000, fraction((nanos % 1_000_000).into(), 6)),
        };
    }
    let (hours, minutes, seconds) =
        (value.as_secs() / 3600, value.as_secs() / 60 % 60, value.as_secs() % 60);
    let mut text = String::new();
    if hours > 0 {
        let _ = write!(text, "{hours}h");
    }
    if hours > 0 || minutes > 0 {
        let _ = write!(text, "{minutes}m");
    }
    let _ = write!(text, "{seconds}{}s", fraction(nanos.into(), 9));
    text
}

/// The decimals of `value`, without trailing zeros: `.25` for 250 of 3 `places`. Empty for 0.
fn fraction(value: u64, places: usize) -> String {
    match value {
        0 => String::new(),
        _ => format!(".{value:0places$}").trim_end_matches('0').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_equals_percent_f() {
        for (value, text) in [
            (0.0, "0.000000"),
            (-0.0, "-0.000000"),
            (0.000_000_5, "0.000000"),
            (0.000_001_5, "0.000002"),
            (1e21, "1000000000000000000000.000000"),
            (f64::NAN, "NaN"),
            (-f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(fixed(value), text);
        }
    }

    #[test]
    fn shortest_has_an_exponent_for_very_large_and_very_small_numbers() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (-1.5e300, "-1.5e+300"),
            (1e-6, "0.000001"),
            (9.5e-7, "9.5e-7"),
            (5e-324, "5e-324"),
            (0.012, "0.012"),
            (12.0, "12"),
            (-123.75, "-123.75"),
            // ...199.25 and ...199.75: two decimals with one digit fewer are equally near.
            (-3_869_675_994_360_797.0 / 4.0, "-967418998590199.2"),
            (3_869_675_994_360_799.0 / 4.0, "967418998590199.8"),
        ] {
            assert_eq!(shortest(value), text);
        }
    }

    #[test]
    fn timestamps_range_from_1677_to_2262() {
        for (nanos, text) in [
            (0, "1970-01-01 00:00:00 +0000 UTC"),
            (1, "1970-01-01 00:00:00.000000001 +0000 UTC"),
            (1_500_000_000, "1970-01-01 00:00:01.5 +0000 UTC"),
            (951_782_400_000_000_000, "2000-02-29 00:00:00 +0000 UTC"),
            (i64::MAX.cast_unsigned(), "2262-04-11 23:47:16.854775807 +0000 UTC"),
            (i64::MIN.cast_unsigned(), "1677-09-21 00:12:43.145224192 +0000 UTC"),
            (u64::MAX, "1969-12-31 23:59:59.999999999 +0000 UTC"),
        ] {
            assert_eq!(timestamp(nanos), text);
        }
    }

    #[test]
    fn the_unit_of_a_duration_depends_on_its_length() {
        for (nanos, text) in [
            (0, "0s"),
            (7, "7ns"),
            (1_500, "1.5µs"),
            (2_000_001, "2.000001ms"),
            (1_000_000_000, "1s"),
            (60_000_000_000, "1m0s"),
            (3_602_500_000_000, "1h0m2.5s"),
        ] {
            assert_eq!(duration(Duration::from_nanos(nanos)), text);
        }
    }

    #[test]
    fn json_strings_are_escaped_as_in_go() {
        let mut out = String::new();
        json_string("<a&\"\\\u{8}\u{c}\n\r\t\0\u{1f}\u{7f}\u{2028}é", &mut out);
        assert_eq!(out, "\"<a&\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\u{7f}\\u2028é\"");
    }
}
