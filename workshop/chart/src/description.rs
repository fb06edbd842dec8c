//! The chart in words.

use crate::number::{value, with_unit};
use crate::samples::{Sample, View, drawn, timestamp};
use crate::text::clean;
use crate::time::{clock, full, zone_name};
use crate::{Chart, MAX_LINES, Mark, MarkKind};

/// The description names at most this many marks.
const MAX_DESCRIBED: usize = 5;

pub(crate) fn describe(chart: &Chart) -> String {
    let view = View::of(chart);
    let (start, end) = (timestamp(view.start), timestamp(view.end));
    let zone = &chart.zone;
    let unit = clean(chart.unit.trim(), 20);
    let title = clean(chart.title.trim(), 120);
    let title = if title.is_empty() { "Values" } else { &title };
    let of_unit = if unit.is_empty() { String::new() } else { format!(" in {unit}") };
    let (from, to, name) = (full(start, zone), full(end, zone), zone_name(start, zone));
    let mut sentences = vec![format!("{title}{of_unit}, from {from} to {to} {name}.")];
    let lines = drawn(chart);
    if lines.iter().all(|(_, samples)| samples.is_empty()) {
        sentences.push("No data in this time range.".to_string());
    } else {
        let extremes = lines.iter().map(|(line, samples)| {
            let name = clean(line.name.trim(), 60);
            let name = if name.is_empty() { String::new() } else { format!("{name}: ") };
            format!("{name}{}", extremes(samples, &unit))
        });
        let mut extremes = extremes.collect::<Vec<_>>().join("; ");
        if chart.lines.len() > MAX_LINES {
            let more = chart.lines.len() - MAX_LINES;
            extremes = format!("{extremes}; and {more} more that are not drawn");
        }
        sentences.push(extremes + ".");
    }
    if let Some(threshold) = chart.threshold.as_ref().filter(|it| it.value.is_finite()) {
        let label = clean(threshold.label.trim(), 60);
        let label = if label.is_empty() { label } else { format!(" ({label})") };
        sentences.push(format!("Threshold: {}{label}.", with_unit(&value(threshold.value), &unit)));
    }
    let marks = marks(chart, view);
    for mark in marks.iter().take(MAX_DESCRIBED) {
        let at = clock(mark.at, start, end, zone);
        sentences.push(sentence(mark, &at));
    }
    if marks.len() > MAX_DESCRIBED {
        sentences.push(format!("And {} more marks.", marks.len() - MAX_DESCRIBED));
    }
    sentences.join(" ")
}

fn extremes(samples: &[Sample], unit: &str) -> String {
    let values = || samples.iter().map(|sample| sample.value);
    let (least, most) = (values().reduce(f64::min), values().reduce(f64::max));
    match least.zip(most) {
        None => "no data".to_string(),
        Some((least, most)) if value(least) == value(most) => with_unit(&value(most), unit),
        Some((least, most)) => {
            format!("smallest {}, largest {}", value(least), with_unit(&value(most), unit))
        }
    }
}

/// The marks within the range, in the order of time.
pub(crate) fn marks(chart: &Chart, view: View) -> Vec<&Mark> {
    let within = |mark: &&Mark| (view.start..=view.end).contains(&mark.at.as_nanosecond());
    let mut marks: Vec<_> = chart.marks.iter().filter(within).collect();
    marks.sort_by_key(|mark| mark.at);
    marks
}

pub(crate) fn what(mark: &Mark) -> &'static str {
    match mark.kind {
        MarkKind::Fired => "Fired",
        MarkKind::Resolved => "Resolved",
    }
}

/// Adds the event to the label, unless the label names it already.
fn sentence(mark: &Mark, at: &str) -> String {
    let (label, what) = (clean(mark.label.trim(), 60), what(mark));
    if label.is_empty() {
        format!("{what} at {at}.")
    } else if label.to_lowercase().contains(&what.to_lowercase()) {
        format!("{label} at {at}.")
    } else {
        format!("{what} at {at} ({label}).")
    }
}
