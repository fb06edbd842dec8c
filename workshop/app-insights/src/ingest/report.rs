//! Formats the line for a batch.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::envelope::{Item, ItemError};
use crate::{
    format::{self, number},
    store::{self, Aggregate, Entry, Metric, Point, Series, Tally},
};

/// The maximum number of metrics in a line.
const MAX_METRICS: usize = 20;

/// The line for a batch: the metrics, aggregated over their dimensions, the numbers of items of
/// transactions by kind, and the numbers of items that were ignored, dropped because of a limit of
/// the store, or refused.
///
/// ```text
/// accepted 3 of 3: request-count sum 5 over 2 series; request-latency average 12.3 (count 5, min 0.4, max 30.1)
/// accepted 4 of 4: 1 request, 1 dependency, 2 messages
/// ```
///
/// The metrics are sorted by name. A metric is shown with its sum if its points have only a sum,
/// and with its average otherwise, as in Azure's charts.
#[must_use]
pub fn line(items: &[Result<Item, ItemError>], dropped: usize) -> String {
    let mut metrics: BTreeMap<&Metric, Summary> = BTreeMap::new();
    let mut entries: Vec<&Entry> = Vec::new();
    let mut ignored = Tally::default();
    let mut further = 0;
    let mut refused = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match item {
            Ok(Item::Metric(item)) => {
                further += item.further;
                let summary = metrics.entry(&item.point.series.metric).or_default();
                summary.add(&item.point);
            }
            Ok(Item::Entry(entry)) => entries.push(entry),
            Ok(Item::Ignored(base)) => ignored.add(base),
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
    let kinds = store::by_kind(entries.iter().copied());
    let kinds: Vec<String> = kinds.into_iter().map(|(kind, count)| kind.counted(count)).collect();
    parts.extend((!kinds.is_empty()).then(|| kinds.join(", ")));
    for (base, count) in ignored.iter() {
        parts.push(format!("ignored {count} {}", format::message(base)));
    }
    if further > 0 {
        parts.push(format!("ignored {further} data points after the first of an envelope"));
    }
    if dropped > 0 {
        parts.push(format!("not kept {dropped}, because a limit is reached"));
    }
    if let Some((index, error)) = refused.first() {
        let message = format::message(&error.to_string());
        parts.push(format!("refused {}, the first is item {index}: {message}", refused.len()));
    }
    let accepted = items.len() - refused.len();
    format!("accepted {accepted} of {}: {}", items.len(), parts.join("; "))
}

#[derive(Default)]
struct Summary<'a> {
    total: Option<Aggregate>,
    series: BTreeSet<&'a Series>,
}

impl<'a> Summary<'a> {
    fn add(&mut self, point: &'a Point) {
        self.series.insert(&point.series);
        self.total = Aggregate::merged(self.total.into_iter().chain([point.aggregate]));
    }

    fn describe(&self, metric: &Metric) -> String {
        let mut text = format::metric(metric);
        let Some(total) = &self.total else {
            return text;
        };
        // Writing to a string cannot fail.
        let _ = if total.averageable() {
            write!(text, " average {} (count {}", number(total.average()), total.count())
        } else {
            write!(text, " sum {}", number(total.sum()))
        };
        if total.averageable() {
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
