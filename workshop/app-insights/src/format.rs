//! Words names, numbers and durations for a terminal.
//!
//! A name comes from whoever sent telemetry or made a rule. So nothing but plain names is printed
//! as it is: the rest is quoted, with line breaks and terminal escapes made harmless.

use std::fmt::Write as _;

use jiff::SignedDuration;

use crate::metric::{DEFAULT_NAMESPACE, Metric};

/// The most characters of a name or a message that a line shows.
pub(crate) const MAX_TEXT: usize = 120;

/// A name as it may be printed: itself if it is plain, otherwise quoted and escaped.
#[must_use]
pub fn name(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./%".contains(c);
    if !text.is_empty() && text.len() <= MAX_TEXT && text.chars().all(plain) {
        return text.to_owned();
    }
    let mut shown: String = text.chars().take(MAX_TEXT).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    // Rust's own quoting escapes control characters, and those that turn the direction of text, but
    // not all that cannot be seen.
    visible(&format!("{shown:?}"))
}

/// A text in which what would mislead the eye is shown by its number.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if misleads(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

/// Control characters, those that turn the direction of text (Unicode's `Bidi_Control`), and those
/// that cannot be seen: most of `Default_Ignorable_Code_Point`, and the blank of Braille.
pub(crate) fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// A metric's name, with its namespace unless that is the usual one.
#[must_use]
pub fn metric(metric: &Metric) -> String {
    let namespace = &*metric.namespace;
    let prefix = if namespace == DEFAULT_NAMESPACE { String::new() } else { name(namespace) + "/" };
    prefix + &name(&metric.name)
}

/// At most three decimals, and never a line full of digits.
#[must_use]
pub fn number(value: f64) -> String {
    if !usual(value) {
        return format!("{value:.3e}");
    }
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number as it is, for one that was chosen by somebody.
#[must_use]
pub fn exact(value: f64) -> String {
    if usual(value) { value.to_string() } else { format!("{value:e}") }
}

/// A value next to the threshold with which it was compared: rounded, unless both would then look
/// the same.
#[must_use]
pub fn against(value: f64, threshold: f64) -> String {
    let rounded = number(value);
    if rounded == number(threshold) { exact(value) } else { rounded }
}

fn usual(value: f64) -> bool {
    value == 0.0 || (1e-3..1e15).contains(&value.abs())
}

/// A number with its unit: `1000 ms`.
#[must_use]
pub fn with_unit(number: &str, unit: &str) -> String {
    match unit {
        "" => number.to_owned(),
        "%" => format!("{number}%"),
        // Units may have signs and other alphabets (µs, °C), but nothing that moves a cursor.
        _ => format!("{number} {}", visible(&unit.escape_debug().to_string())),
    }
}

/// A threshold with its unit, and in seconds too if that is easier to grasp: `1000 ms (1 s)`.
#[must_use]
pub fn with_seconds(value: f64, unit: &str) -> String {
    let mut text = with_unit(&exact(value), unit);
    if unit == "ms" && value.abs() >= 1000.0 {
        // Writing to a string cannot fail.
        let _ = write!(text, " ({} s)", number(value / 1000.0));
    }
    text
}

/// A duration in its largest whole unit: `30 s`, `5 min`, `1 h`.
#[must_use]
pub fn duration(duration: SignedDuration) -> String {
    match duration.as_secs() {
        s if s != 0 && s % 3600 == 0 => format!("{} h", s / 3600),
        s if s != 0 && s % 60 == 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

/// A filter by dimensions, with a blank in front: ` where value includes nice or naughty`.
#[must_use]
pub fn filter(dimensions: &[(String, Vec<String>)]) -> String {
    let mut text = String::new();
    for (index, (key, values)) in dimensions.iter().enumerate() {
        let values: Vec<String> = values.iter().map(|value| name(value)).collect();
        let joint = if index == 0 { "where" } else { "and" };
        let _ = write!(text, " {joint} {} includes {}", name(key), values.join(" or "));
    }
    text
}
