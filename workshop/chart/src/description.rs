//! Describes a chart in words.

use crate::Mark;
use crate::content::{Content, Series};
use crate::marks::kind_name;
use crate::number::{value, with_unit};

/// The maximum number of marks that are described individually.
const MAX_DESCRIBED_MARKS: usize = 5;

pub(crate) fn describe(content: &Content) -> String {
    let title = if content.title.is_empty() { "Values" } else { &content.title };
    let unit = &content.unit;
    let in_unit = if unit.is_empty() { String::new() } else { format!(" in {unit}") };
    let mut sentences = vec![format!("{title}{in_unit}, {}.", content.time.describe())];
    sentences.push(if content.has_data() {
        let mut lines: Vec<_> =
            content.lines.iter().map(|line| describe_line(line, unit)).collect();
        if content.hidden_lines > 0 {
            lines.push(format!("and {} more that are not drawn", content.hidden_lines));
        }
        lines.join("; ") + "."
    } else {
        "No data in this time range.".to_string()
    });
    if let Some(threshold) = &content.threshold {
        let label = &threshold.label;
        let label = if label.is_empty() { String::new() } else { format!(" ({label})") };
        sentences.push(format!("Threshold: {}{label}.", with_unit(&value(threshold.value), unit)));
    }
    let marks = content.marks.iter().take(MAX_DESCRIBED_MARKS);
    sentences.extend(marks.map(|mark| describe_mark(mark, &content.time.clock(mark.at))));
    if let Some(more) = content.marks.len().checked_sub(MAX_DESCRIBED_MARKS).filter(|it| *it > 0) {
        sentences.push(format!("And {more} more marks."));
    }
    sentences.join(" ")
}

fn describe_line(line: &Series, unit: &str) -> String {
    let values = || line.samples.iter().map(|sample| sample.value);
    let range = match values().reduce(f64::min).zip(values().reduce(f64::max)) {
        None => "no data".to_string(),
        Some((least, most)) if value(least) == value(most) => with_unit(&value(most), unit),
        Some((least, most)) => {
            format!("minimum {}, maximum {}", value(least), with_unit(&value(most), unit))
        }
    };
    if line.name.is_empty() { range } else { format!("{}: {range}", line.name) }
}

/// Describes a mark. The kind is not repeated if the label contains it.
fn describe_mark(mark: &Mark, at: &str) -> String {
    let (label, kind) = (&mark.label, kind_name(mark));
    if label.is_empty() || label.eq_ignore_ascii_case(kind) {
        format!("{kind} at {at}.")
    } else if label.to_lowercase().contains(&kind.to_lowercase()) {
        format!("{label} at {at}.")
    } else {
        format!("{kind} at {at} ({label}).")
    }
}
