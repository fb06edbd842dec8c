//! Words what happened to a batch, as one line for people.
//!
//! Every name in it was chosen by whoever sent the telemetry. So nothing but plain names is
//! printed as it is, see [`format`].

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use crate::{
    envelope::{Item, ItemError},
    format::{self, MAX_TEXT, number},
    metric::{Aggregate, Metric, Point, Series},
};

/// The most metrics that a line names.
const MAX_METRICS: usize = 20;

/// The line for a batch: what was accepted of it, added up over the dimensions, then what was
/// ignored, refused or, because of a limit of the store, `dropped`.
///
/// ```text
/// accepted 3 of 3: request-count sum 5 over 2 series; request-latency average 12.3 (count 5, min 0.4, max 30.1)
/// ```
///
/// The metrics are sorted by name. A metric whose points only have a sum shows the sum; one whose
/// points tell more shows the average, as Azure's charts would. Parts are set apart by `; `.
#[must_use]
pub fn line(items: &[Result<Item, ItemError>], dropped: usize) -> String {
    let mut metrics: BTreeMap<&Metric, Summary> = BTreeMap::new();
    let mut ignored: BTreeMap<&str, usize> = BTreeMap::new();
    let mut further = 0;
    let mut refused = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match item {
            Ok(Item::Metric(item)) => {
                further += item.further;
                let summary = metrics.entry(&item.point.series.metric).or_default();
                summary.add(&item.point, item.averageable);
            }
            Ok(Item::Ignored(base)) => {
                *ignored.entry(base.unwrap_or("of unknown type")).or_default() += 1;
            }
            Err(error) => refused.push((index, error)),
        }
    }

    let mut parts: Vec<String> = Vec::new();
    for (metric, summary) in metrics.iter().take(MAX_METRICS) {
        parts.push(summary.describe(metric));
    }
    if let Some(more) = metrics.len().checked_sub(MAX_METRICS + 1) {
        parts.push(format!("{} more metrics", more + 1));
    }
    for (base, count) in ignored {
        parts.push(format!("ignored {count} {base}"));
    }
    if further > 0 {
        parts.push(format!("ignored {further} data points after the first of an envelope"));
    }
    if dropped > 0 {
        parts.push(format!("not kept {dropped}, a limit is reached"));
    }
    if let Some((index, error)) = refused.first() {
        let message = excerpt(&error.to_string());
        parts.push(format!("refused {}, the first is item {index}: {message}", refused.len()));
    }
    let accepted = items.len() - refused.len();
    format!("accepted {accepted} of {}: {}", items.len(), parts.join("; "))
}

#[derive(Default)]
struct Summary<'a> {
    total: Option<Aggregate>,
    averageable: bool,
    series: BTreeSet<&'a Series>,
}

impl<'a> Summary<'a> {
    fn add(&mut self, point: &'a Point, averageable: bool) {
        self.averageable |= averageable;
        self.series.insert(&point.series);
        match &mut self.total {
            Some(total) => total.merge(&point.aggregate),
            None => self.total = Some(point.aggregate),
        }
    }

    fn describe(&self, metric: &Metric) -> String {
        let mut text = format::metric(metric);
        let Some(total) = &self.total else {
            return text;
        };
        // Writing to a string cannot fail.
        let _ = if self.averageable {
            write!(text, " average {} (count {}", number(total.average()), total.count())
        } else {
            write!(text, " sum {}", number(total.sum()))
        };
        if self.averageable {
            for (what, value) in [("min", total.min()), ("max", total.max())] {
                if let Some(value) = value {
                    let _ = write!(text, ", {what} {}", number(value));
                }
            }
            text.push(')');
        }
        if self.series.len() > 1 {
            let _ = write!(text, " over {} series", self.series.len());
        }
        text
    }
}

/// A message, of which part may have come in by telemetry, as it may be printed.
#[must_use]
pub fn excerpt(message: &str) -> String {
    let shown: String = message.chars().take(MAX_TEXT).collect();
    let rest = if shown.len() < message.len() { "…" } else { "" };
    // Quotes are harmless, and every message has some.
    let escape = |c: char| {
        if matches!(c, '\'' | '"') { c.to_string() } else { c.escape_debug().to_string() }
    };
    format::visible(&shown.chars().map(escape).collect::<String>()) + rest
}
