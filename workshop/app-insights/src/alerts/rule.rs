//! An alert rule, and the value that it compares with its threshold.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use super::timing::Timing;
use crate::{
    format,
    store::{
        Aggregate, Aggregation, Dimensions, MAX_AGE, MAX_KEY, MAX_NAME, MAX_NAMESPACE, MAX_VALUE,
        Metric, Store,
    },
};

/// The maximum length of a rule's name, in characters. This limit is the stand-in's own.
pub const MAX_RULE_NAME: usize = 100;
/// Characters that are not allowed in the name of a metric alert rule. Azure has the same rule.
const NOT_IN_A_NAME: &str = "*#&+:<>?@%{}\\/";
/// The maximum length of a rule's description, in characters. This limit is the stand-in's own.
pub const MAX_DESCRIPTION: usize = 500;
/// The maximum length of a unit, in characters. This limit is the stand-in's own.
pub const MAX_UNIT: usize = 20;
/// The maximum size of all keys and values in a rule's filter, in bytes. The filter is part of
/// every alert. This limit is the stand-in's own.
const MAX_FILTER: usize = 4 << 10;
/// The longest window, as in Azure Monitor.
pub const MAX_WINDOW: SignedDuration = SignedDuration::from_hours(24);

// The store must keep all data in a window.
const _: () = assert!(MAX_WINDOW.as_secs() < MAX_AGE.as_secs());

/// Compares the value with the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are clear")]
pub enum Operator {
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
}

impl Operator {
    /// All operators, in the order of the list on the page.
    pub const ALL: [Self; 4] =
        [Self::GreaterThan, Self::GreaterThanOrEqual, Self::LessThan, Self::LessThanOrEqual];

    /// Whether `value` meets the condition.
    #[must_use]
    pub fn met(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::GreaterThan => value > threshold,
            Self::GreaterThanOrEqual => value >= threshold,
            Self::LessThan => value < threshold,
            Self::LessThanOrEqual => value <= threshold,
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::GreaterThan => ">",
            Self::GreaterThanOrEqual => ">=",
            Self::LessThan => "<",
            Self::LessThanOrEqual => "<=",
        })
    }
}

/// The text is not an [`Operator`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("The operator must be >, >=, < or <=")]
pub struct UnknownOperator;

impl FromStr for Operator {
    type Err = UnknownOperator;

    fn from_str(text: &str) -> Result<Self, UnknownOperator> {
        Self::ALL.into_iter().find(|it| it.to_string() == text).ok_or(UnknownOperator)
    }
}

/// An alert rule, of Azure Monitor's kind with one static threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The name, which no other rule has.
    pub name: String,
    /// A description for people.
    pub description: String,
    /// The metric.
    pub metric: Metric,
    /// The filter. It selects the series that have one of the values for each of these keys. An
    /// empty filter selects all series.
    pub dimensions: BTreeMap<String, Vec<String>>,
    /// Aggregates the values in the window into one number.
    pub aggregation: Aggregation,
    /// Compares that number with the threshold.
    pub operator: Operator,
    /// The threshold, in the metric's own unit.
    pub threshold: f64,
    /// The unit, such as `ms`, for people; empty if unknown. The telemetry does not contain it.
    pub unit: String,
    /// The length of the window that ends with an evaluation.
    pub window: SignedDuration,
    /// The time between two evaluations.
    pub frequency: SignedDuration,
    /// From 0, critical, to 4, verbose.
    pub severity: u8,
}

/// The reason to refuse a rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct RuleError {
    /// The field of the form with the problem.
    pub field: &'static str,
    /// The problem and its solution.
    pub message: String,
}

impl RuleError {
    pub(super) fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

impl Rule {
    /// A rule that fires if the average of a metric is greater than a threshold. The name is empty,
    /// and the other fields are the defaults of the page's form.
    #[must_use]
    pub fn average_above(metric: Metric, threshold: f64, timing: &Timing) -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            metric,
            dimensions: BTreeMap::new(),
            aggregation: Aggregation::Average,
            operator: Operator::GreaterThan,
            threshold,
            unit: String::new(),
            window: timing.window,
            frequency: timing.frequency,
            // As in the Azure CLI.
            severity: 2,
        }
    }

    /// Returns the first problem of the rule, if there is one. `grain` is the store's.
    pub fn check(&self, grain: SignedDuration) -> Result<(), RuleError> {
        self.problems(grain).into_iter().next().map_or(Ok(()), Err)
    }

    /// All problems of the rule, independent of other rules. `grain` is the store's.
    #[must_use]
    pub fn problems(&self, grain: SignedDuration) -> Vec<RuleError> {
        let mut problems = self.name_problems();
        problems.extend(self.length_problems());
        if !self.threshold.is_finite() {
            let message = "The threshold must be a number that is not infinite, such as 1000";
            problems.push(RuleError::new("threshold", message));
        }
        if self.severity > 4 {
            let message = "The severity must be from 0 (critical) to 4 (verbose)";
            problems.push(RuleError::new("severity", message));
        }
        problems.extend(self.time_problems(grain));
        problems
    }

    fn name_problems(&self) -> Vec<RuleError> {
        let mut problems = Vec::new();
        let bad = |c: char| NOT_IN_A_NAME.contains(c) || c.is_control();
        if self.name.trim().is_empty() {
            problems.push(RuleError::new("name", "Give the rule a name"));
        } else if self.name.contains(bad) || self.name.ends_with([' ', '.']) {
            let message = "The rule's name may not contain line breaks or any of * # & + : < > ? @ % \
                           { } \\ /, or end with a space or a period (as in Azure): choose \
                           another name";
            problems.push(RuleError::new("name", message));
        }
        if self.metric.name.is_empty() || self.metric.namespace.is_empty() {
            problems.push(RuleError::new("metric", "Name the metric that the rule watches"));
        }
        problems
    }

    fn length_problems(&self) -> Vec<RuleError> {
        let mut texts = vec![
            ("name", "name", &*self.name, MAX_RULE_NAME),
            ("description", "description", &*self.description, MAX_DESCRIPTION),
            ("metric", "metric's name", &*self.metric.name, MAX_NAME),
            ("metric", "metric's namespace", &*self.metric.namespace, MAX_NAMESPACE),
            ("unit", "unit", &*self.unit, MAX_UNIT),
        ];
        let mut bytes = 0;
        for (key, values) in &self.dimensions {
            texts.push(("key", "key of a dimension", key, MAX_KEY));
            texts.extend(
                values.iter().map(|it| ("value", "value of a dimension", &**it, MAX_VALUE)),
            );
            bytes += key.len() + values.iter().map(String::len).sum::<usize>();
        }
        let too_long = texts.into_iter().filter(|(_, _, text, max)| text.chars().count() > *max);
        let mut problems: Vec<RuleError> = too_long
            .map(|(field, what, _, max)| {
                let message = format!("The {what} may have at most {max} characters: shorten it");
                RuleError::new(field, message)
            })
            .collect();
        if bytes > MAX_FILTER {
            let message = format!(
                "The dimensions of a rule may have at most {MAX_FILTER} bytes, all keys and values \
                 together: leave some out"
            );
            problems.push(RuleError::new("value", message));
        }
        problems
    }

    fn time_problems(&self, grain: SignedDuration) -> Vec<RuleError> {
        let mut problems = Vec::new();
        let nanos = grain.as_nanos().max(1);
        for (field, duration) in [("window", self.window), ("frequency", self.frequency)] {
            if duration < grain || duration.as_nanos() % nanos != 0 {
                let grain = format::duration(grain);
                let message = format!(
                    "The {field} must be a multiple of the time grain, {grain}, and at least that \
                     long"
                );
                problems.push(RuleError::new(field, message));
            }
        }
        if self.window < self.frequency {
            let message = format!(
                "The window ({}) must be at least as long as the frequency ({}), or some telemetry \
                 would be in no window: make the window longer or evaluate more often",
                format::duration(self.window),
                format::duration(self.frequency)
            );
            problems.push(RuleError::new("window", message));
        }
        if self.window > MAX_WINDOW {
            let message = "The window must be at most 24 h: make it shorter";
            problems.push(RuleError::new("window", message));
        }
        problems
    }

    /// The condition in one line, with every name escaped:
    /// `average request-latency > 1000 ms (1 s) over 30 s`.
    #[must_use]
    pub fn condition(&self) -> String {
        format!(
            "{} {} {} {} over {}{}",
            self.aggregation,
            format::metric(&self.metric),
            self.operator,
            format::with_seconds(self.threshold, self.value_unit()),
            format::duration(self.window),
            format::filter(&self.dimensions),
        )
    }

    /// The unit of [`value`](Self::value): the unit of the metric, or no unit for a count.
    #[must_use]
    pub fn value_unit(&self) -> &str {
        if self.aggregation == Aggregation::Count { "" } else { &self.unit }
    }

    /// Whether the filter selects a series with these dimensions.
    #[must_use]
    pub fn matches(&self, dimensions: &Dimensions) -> bool {
        self.dimensions.iter().all(|(key, values)| {
            dimensions.get(key).is_some_and(|value| values.iter().any(|listed| listed == value))
        })
    }

    /// The value over the window that ends at `end`, or `None` when there is no data.
    #[must_use]
    pub fn value(&self, store: &Store, end: Timestamp) -> Option<f64> {
        let start = end.saturating_sub(self.window).unwrap_or(Timestamp::MIN);
        let grains = store.query(&self.metric, start..end, |dimensions| self.matches(dimensions));
        let all = Aggregate::merged(grains.iter().map(|grain| grain.aggregate))?;
        self.aggregation.of(&all)
    }
}
