//! The options of the forms' fields.

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

/// A metric as the page shows it.
pub(super) fn metric_label(metric: &Metric) -> String {
    on_page(&metric_key(metric))
}

/// The metrics by name, always with the chosen one.
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
    let pick = |aggregation: Aggregation| Pick {
        value: aggregation.to_string(),
        label: capital(&aggregation.to_string()),
        chosen: aggregation == chosen,
    };
    Aggregation::ALL.into_iter().map(pick).collect()
}

pub(super) fn operators(chosen: Operator) -> Vec<Pick> {
    let pick = |operator: Operator| Pick {
        value: operator.to_string(),
        label: match operator {
            Operator::GreaterThan => "greater than (>)",
            Operator::GreaterThanOrEqual => "greater than or equal to (>=)",
            Operator::LessThan => "less than (<)",
            Operator::LessThanOrEqual => "less than or equal to (<=)",
        }
        .to_owned(),
        chosen: operator == chosen,
    };
    Operator::ALL.into_iter().map(pick).collect()
}

pub(super) fn severities(chosen: u8) -> Vec<Pick> {
    let pick = |level: u8| Pick {
        value: level.to_string(),
        label: severity(level),
        chosen: level == chosen,
    };
    (0..=4).map(pick).collect()
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

/// Durations in seconds.
pub(super) fn durations(seconds: impl IntoIterator<Item = i64>, chosen: i64) -> Vec<Pick> {
    let pick = |seconds: i64| Pick {
        value: seconds.to_string(),
        label: format::duration(jiff::SignedDuration::from_secs(seconds)),
        chosen: seconds == chosen,
    };
    seconds.into_iter().map(pick).collect()
}

/// The word with a capital letter.
pub(super) fn capital(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}
