//! Go's way of writing numbers, times and JSON, which is what the Collector's text is made of.
//!
//! Rust's own formatting differs in small ways (`inf` for `+Inf`, another last digit of an
//! exponential), so each function here names the piece of Go 1.26 that it follows.

use std::fmt::Write as _;
use std::time::Duration;

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
/// Not for NaN and infinities, which the two spell differently.
#[must_use]
pub fn shortest(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        // Rust leaves out the plus sign of the exponent.
        format!("{value:e}").replacen('e', if size < 1.0 { "e" } else { "e+" }, 1)
    } else {
        format!("{value}")
    }
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
            // The two line separators would end a line in old JavaScript.
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
/// As in the Collector, the unsigned number of OTLP is read as a signed one: from 2^63 on it is a
/// time before 1970.
#[must_use]
pub fn timestamp(nanoseconds: u64) -> String {
    let (date, time) = date_and_time(nanoseconds.cast_signed());
    format!("{date} {time} +0000 UTC")
}

/// `time.RFC3339Nano` in UTC, for example `2026-11-22T16:08:00.5Z`.
#[must_use]
pub fn rfc3339(nanoseconds: u64) -> String {
    let (date, time) = date_and_time(nanoseconds.cast_signed());
    format!("{date}T{time}Z")
}

fn date_and_time(nanoseconds: i64) -> (String, String) {
    const SECOND: i64 = 1_000_000_000;
    let (seconds, nanos) = (nanoseconds.div_euclid(SECOND), nanoseconds.rem_euclid(SECOND));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    (
        format!("{year:04}-{month:02}-{day:02}"),
        format!(
            "{:02}:{:02}:{:02}{}",
            second / 3600,
            second / 60 % 60,
            second % 60,
            fraction(nanos.unsigned_abs(), 9)
        ),
    )
}

/// Year, month and day of a number of days since 1970-01-01: `civil_from_days` of
/// <https://howardhinnant.github.io/date_algorithms.html>, where a year begins in March so that
/// the leap day comes last.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
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

/// `.` and the digits of `value` in `places` places, without trailing zeros; nothing at all for 0.
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
    fn fixed_is_percent_f() {
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
    fn shortest_has_an_exponent_only_far_from_one() {
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
        ] {
            assert_eq!(shortest(value), text);
        }
    }

    #[test]
    fn times_reach_from_1677_to_2262() {
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
    fn durations_change_their_unit() {
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
    fn json_escapes_as_go_does() {
        let mut out = String::new();
        json_string("<a&\"\\\u{8}\u{c}\n\r\t\0\u{1f}\u{7f}\u{2028}é", &mut out);
        assert_eq!(out, "\"<a&\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\u{7f}\\u2028é\"");
    }
}
