//! Formats names, numbers and durations, for a terminal and for the page.
//!
//! Any sender of telemetry can choose a name. Only plain names are printed unchanged. All others
//! are quoted, and their line breaks and terminal escapes are made harmless.

use std::{collections::BTreeMap, fmt::Write as _};

use jiff::SignedDuration;

use crate::store::{DEFAULT_NAMESPACE, Metric};

/// The maximum number of characters of a name or a message in a line for the terminal.
const MAX_TEXT: usize = 120;
/// The maximum number of characters of a name on the page.
const MAX_ON_PAGE: usize = 80;

/// A name for the terminal: a plain name is unchanged; any other name is quoted and escaped.
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
    // Rust's own quoting escapes control characters and characters that change the direction of
    // text, but not all invisible characters.
    visible(&format!("{shown:?}"))
}

/// A message for the terminal. A part of the message may come from telemetry.
#[must_use]
pub fn message(text: &str) -> String {
    let shown: String = text.chars().take(MAX_TEXT).collect();
    let rest = if shown.len() < text.len() { "…" } else { "" };
    // Quotation marks are harmless, and every message contains some.
    let escape = |c: char| {
        if matches!(c, '\'' | '"') { c.to_string() } else { c.escape_debug().to_string() }
    };
    visible(&shown.chars().map(escape).collect::<String>()) + rest
}

/// A name for the page: truncated, with misleading characters shown as their code points. Never
/// empty. The templates escape the name.
pub(crate) fn on_page(name: &str) -> String {
    cut(name, MAX_ON_PAGE)
}

/// A text for the page, truncated after `most` characters. Never empty.
pub(crate) fn cut(text: &str, most: usize) -> String {
    let begin: String = text.chars().take(most).collect();
    let mut shown = visible(&begin);
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    if shown.trim().is_empty() { format!("{shown:?}") } else { shown }
}

/// A text in which each misleading character is replaced by its code point.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if misleads(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

/// Whether a character is misleading: a control character, a character that changes the direction
/// of text (Unicode's `Bidi_Control`), or an invisible character (most of
/// `Default_Ignorable_Code_Point`, and the Braille blank).
fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// A metric's name, with its namespace unless the namespace is [`DEFAULT_NAMESPACE`].
#[must_use]
pub fn metric(metric: &Metric) -> String {
    let namespace = &*metric.namespace;
    let prefix = if namespace == DEFAULT_NAMESPACE { String::new() } else { name(namespace) + "/" };
    prefix + &name(&metric.name)
}

/// A number with at most three decimals, in scientific notation if it is very large or small.
#[must_use]
pub fn number(value: f64) -> String {
    if !has_usual_size(value) {
        return format!("{value:.3e}");
    }
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number with all its digits.
#[must_use]
pub fn exact(value: f64) -> String {
    if has_usual_size(value) { value.to_string() } else { format!("{value:e}") }
}

/// A value that is shown next to its threshold: rounded, unless rounding would make them look
/// equal.
#[must_use]
pub fn compared(value: f64, threshold: f64) -> String {
    let rounded = number(value);
    if rounded == number(threshold) { exact(value) } else { rounded }
}

fn has_usual_size(value: f64) -> bool {
    value == 0.0 || (1e-3..1e15).contains(&value.abs())
}

/// A number with its unit: `1000 ms`.
#[must_use]
pub fn with_unit(number: &str, unit: &str) -> String {
    match unit {
        "" => number.to_owned(),
        "%" => format!("{number}%"),
        // Units may have signs and other alphabets (µs, °C), but no control characters.
        _ => format!("{number} {}", visible(&unit.escape_debug().to_string())),
    }
}

/// A threshold with its unit. A long threshold in milliseconds is also given in seconds:
/// `1000 ms (1 s)`.
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

/// A duration in milliseconds.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "off by less than a microsecond")]
pub fn millis(duration: SignedDuration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}

/// A measured duration: `12.3 ms`, `3.001 s`.
#[must_use]
pub fn measured(duration: SignedDuration) -> String {
    let ms = millis(duration);
    if ms.abs() < 1000.0 {
        format!("{} ms", number(ms))
    } else {
        format!("{} s", number(ms / 1000.0))
    }
}

/// A filter by dimensions, with a leading space: ` where value includes nice or naughty`.
#[must_use]
pub fn filter(dimensions: &BTreeMap<String, Vec<String>>) -> String {
    let mut text = String::new();
    for (index, (key, values)) in dimensions.iter().enumerate() {
        let values: Vec<String> = values.iter().map(|value| name(value)).collect();
        let joint = if index == 0 { "where" } else { "and" };
        let _ = write!(text, " {joint} {} includes {}", name(key), values.join(" or "));
    }
    text
}
