//! The options for the fields of the forms.

use jiff::SignedDuration;

use super::{alerts::severity, params::metric_key};
use crate::{
    alerts::Operator,
    format::{self, on_page, visible},
    store::{Aggregation, Metric, Names},
};

/// An option of a list.
pub(super) struct Pick {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// The options of a list.
pub(super) fn picks<T: PartialEq + ToString>(
    all: impl IntoIterator<Item = T>,
    chosen: &T,
    label: impl Fn(&T) -> String,
) -> Vec<Pick> {
    let pick = |it: T| Pick { value: it.to_string(), label: label(&it), chosen: it == *chosen };
    all.into_iter().map(pick).collect()
}

/// A metric as an option.
pub(super) fn metric_label(metric: &Metric) -> String {
    on_page(&metric_key(metric))
}

/// The metrics by name, always including the chosen metric.
pub(super) fn metrics(names: &Names, chosen: &Metric) -> Vec<Pick> {
    let pick = |metric: &Metric| Pick {
        value: metric_key(metric),
        label: metric_label(metric),
        chosen: metric == chosen,
    };
    let missing = (!names.metrics.contains(chosen)).then_some(chosen);
    missing.into_iter().chain(&names.metrics).map(pick).collect()
}

pub(super) fn aggregations(chosen: Aggregation) -> Vec<Pick> {
    picks(Aggregation::ALL, &chosen, |it| capital(&it.to_string()))
}

pub(super) fn operators(chosen: Operator) -> Vec<Pick> {
    let label = |operator: &Operator| match operator {
        Operator::GreaterThan => "greater than (>)".to_owned(),
        Operator::GreaterThanOrEqual => "greater than or equal to (>=)".to_owned(),
        Operator::LessThan => "less than (<)".to_owned(),
        Operator::LessThanOrEqual => "less than or equal to (<=)".to_owned(),
    };
    picks(Operator::ALL, &chosen, label)
}

pub(super) fn severities(chosen: u8) -> Vec<Pick> {
    picks(0..=4, &chosen, |level| severity(*level))
}

/// Durations in seconds.
pub(super) fn durations(seconds: impl IntoIterator<Item = i64>, chosen: i64) -> Vec<Pick> {
    picks(seconds, &chosen, |it| format::duration(SignedDuration::from_secs(*it)))
}

/// The keys of dimensions after the option `none`.
pub(super) fn dimensions(keys: &[String], none: &str, chosen: &str) -> Vec<Pick> {
    let no = Pick { value: String::new(), label: none.to_owned(), chosen: chosen.is_empty() };
    let pick = |key: &String| Pick {
        value: visible(key),
        label: on_page(key),
        chosen: visible(key) == visible(chosen),
    };
    std::iter::once(no).chain(keys.iter().map(pick)).collect()
}

/// The word with a capital letter.
pub(super) fn capital(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}
