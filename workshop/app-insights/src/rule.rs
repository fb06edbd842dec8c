//! An alert rule: what is watched, and when it is too much.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::{
    aggregation::Aggregation,
    envelope::{MAX_KEY, MAX_NAME, MAX_NAMESPACE, MAX_VALUE},
    format,
    limits::MAX_DIMENSIONS,
    metric::{Dimensions, Metric},
    store::{MAX_AGE, Store},
    timing::Timing,
};

/// The longest name of a rule, in characters. This stand-in's own limit.
pub const MAX_RULE_NAME: usize = 100;
/// Characters that Azure does not take in the name of a metric alert rule either.
const NOT_IN_A_NAME: &str = "*#&+:<>?@%{}\\/";
/// The longest description of a rule, in characters. This stand-in's own limit.
pub const MAX_DESCRIPTION: usize = 500;
/// The longest unit, in characters. This stand-in's own limit.
pub const MAX_UNIT: usize = 20;
/// The most values that a rule may list for a dimension. This stand-in's own limit.
pub const MAX_VALUES: usize = 20;
/// The most bytes of all keys and values by which a rule filters. Each of its alerts tells them.
/// This stand-in's own limit.
pub const MAX_FILTER: usize = 4 << 10;
/// The longest window: Azure Monitor's too.
pub const MAX_WINDOW: SignedDuration = SignedDuration::from_hours(24);

// A window must lie within what is kept.
const _: () = assert!(MAX_WINDOW.as_secs() < MAX_AGE.as_secs());

/// How the value is compared with the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Operator {
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
}

impl Operator {
    /// All of them, in the order in which they are offered.
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

    /// The name in Azure's resource templates and in the common alert schema.
    #[must_use]
    pub fn azure(self) -> &'static str {
        match self {
            Self::GreaterThan => "GreaterThan",
            Self::GreaterThanOrEqual => "GreaterThanOrEqual",
            Self::LessThan => "LessThan",
            Self::LessThanOrEqual => "LessThanOrEqual",
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

/// Characters that are no [`Operator`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("The operator must be >, >=, < or <=")]
pub struct UnknownOperator;

impl FromStr for Operator {
    type Err = UnknownOperator;

    /// Takes the signs, and Azure's names.
    fn from_str(text: &str) -> Result<Self, UnknownOperator> {
        let named = |o: &Self| o.to_string() == text || o.azure().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(named).ok_or(UnknownOperator)
    }
}

impl Serialize for Operator {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An alert rule, of Azure Monitor's kind with one static threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// By which it is known; no other rule may have it.
    pub name: String,
    /// For people.
    pub description: String,
    /// What is watched.
    pub metric: Metric,
    /// Only series that have one of the values for each of these keys; empty for all series.
    pub dimensions: Vec<(String, Vec<String>)>,
    /// What is made of the values in the window.
    pub aggregation: Aggregation,
    /// How that is compared with the threshold.
    pub operator: Operator,
    /// In the metric's own unit.
    pub threshold: f64,
    /// The unit, such as `ms`, for people; empty if unknown. The telemetry does not tell it.
    pub unit: String,
    /// How far an evaluation looks back.
    pub window: SignedDuration,
    /// How often it is evaluated.
    pub frequency: SignedDuration,
    /// From 0, critical, to 4, verbose.
    pub severity: u8,
}

/// Why a rule cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum RuleError {
    #[error("Give the rule a name")]
    NoName,
    #[error(
        "The rule's name may not have any of * # & + : < > ? @ % {{ }} \\ / or line breaks in it, nor \
         end with a space or a period (as in Azure): choose another"
    )]
    BadName,
    #[error("There is a rule {0} already: choose another name, or delete that rule first")]
    Taken(String),
    #[error("There are {0} rules, the most there may be: delete one first")]
    TooMany(usize),
    #[error("Name the metric that the rule watches")]
    NoMetric,
    #[error("The {what} may have at most {max} characters: shorten it")]
    TooLong { what: &'static str, max: usize },
    #[error("A rule may filter by at most {MAX_DIMENSIONS} dimensions: leave some out")]
    TooManyDimensions,
    #[error("The dimension {0} is there twice: list all its values in one place")]
    TwiceDimension(String),
    #[error(
        "List from 1 to {MAX_VALUES} values for the dimension {0}, or leave the dimension out to \
         watch all its values"
    )]
    Values(String),
    #[error(
        "The dimensions of a rule may have at most {MAX_FILTER} bytes, all keys and values together: \
         leave some out"
    )]
    LongFilter,
    #[error("The threshold must be a number that is not infinite, such as 1000")]
    Threshold,
    #[error("The severity must be from 0 (critical) to 4 (verbose)")]
    Severity,
    #[error("The {what} must be a multiple of the time grain, {grain}, and at least that long")]
    NotOfGrains { what: &'static str, grain: String },
    #[error(
        "The window ({window}) must be at least as long as the frequency ({frequency}), or some \
         telemetry would be in no window: make the window longer or evaluate more often"
    )]
    Gaps { window: String, frequency: String },
    #[error("The window must be at most 24 h: make it shorter")]
    LongWindow,
}

impl Rule {
    /// The workshop's rule: the average answer takes more than a second. `azure/monitoring.bicep` has
    /// the same for the real Azure Monitor.
    #[must_use]
    pub fn slow(timing: &Timing) -> Self {
        Self {
            name: "slow".into(),
            description: "On average, an answer took more than a second.".into(),
            metric: Metric::named("request-latency"),
            dimensions: Vec::new(),
            aggregation: Aggregation::Average,
            operator: Operator::GreaterThan,
            threshold: 1000.0,
            unit: "ms".into(),
            window: timing.window,
            frequency: timing.frequency,
            severity: 2,
        }
    }

    /// Checks everything that can be wrong with a rule by itself, where `grain` is the store's.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, and what to do about it.
    pub fn check(&self, grain: SignedDuration) -> Result<(), RuleError> {
        self.check_names()?;
        if !self.threshold.is_finite() {
            return Err(RuleError::Threshold);
        }
        if self.severity > 4 {
            return Err(RuleError::Severity);
        }
        let grains = grain.as_nanos().max(1);
        for (what, span) in [("window", self.window), ("frequency", self.frequency)] {
            if span < grain || span.as_nanos() % grains != 0 {
                return Err(RuleError::NotOfGrains { what, grain: format::duration(grain) });
            }
        }
        if self.window < self.frequency {
            let (window, frequency) =
                (format::duration(self.window), format::duration(self.frequency));
            return Err(RuleError::Gaps { window, frequency });
        }
        if self.window > MAX_WINDOW {
            return Err(RuleError::LongWindow);
        }
        Ok(())
    }

    fn check_names(&self) -> Result<(), RuleError> {
        if self.name.trim().is_empty() {
            return Err(RuleError::NoName);
        }
        let bad = |c: char| NOT_IN_A_NAME.contains(c) || c.is_control();
        if self.name.contains(bad) || self.name.ends_with([' ', '.']) {
            return Err(RuleError::BadName);
        }
        if self.metric.name.is_empty() || self.metric.namespace.is_empty() {
            return Err(RuleError::NoMetric);
        }
        for (what, text, max) in [
            ("name", &*self.name, MAX_RULE_NAME),
            ("description", &*self.description, MAX_DESCRIPTION),
            ("metric's name", &*self.metric.name, MAX_NAME),
            ("metric's namespace", &*self.metric.namespace, MAX_NAMESPACE),
            ("unit", &*self.unit, MAX_UNIT),
        ] {
            fits(what, text, max)?;
        }
        if self.dimensions.len() > MAX_DIMENSIONS {
            return Err(RuleError::TooManyDimensions);
        }
        for (index, (key, values)) in self.dimensions.iter().enumerate() {
            fits("key of a dimension", key, MAX_KEY)?;
            if self.dimensions.iter().take(index).any(|(other, _)| other == key) {
                return Err(RuleError::TwiceDimension(format::name(key)));
            }
            if values.is_empty() || values.len() > MAX_VALUES {
                return Err(RuleError::Values(format::name(key)));
            }
            values.iter().try_for_each(|value| fits("value of a dimension", value, MAX_VALUE))?;
        }
        let texts = |(key, values): &(String, Vec<String>)| {
            key.len() + values.iter().map(String::len).sum::<usize>()
        };
        if self.dimensions.iter().map(texts).sum::<usize>() > MAX_FILTER {
            return Err(RuleError::LongFilter);
        }
        Ok(())
    }

    /// The condition in one line, every name escaped:
    /// `average request-latency > 1000 ms (1 s) over 30 s`.
    #[must_use]
    pub fn condition(&self) -> String {
        let mut text = format!(
            "{} {} {} {} over {}",
            self.aggregation,
            format::metric(&self.metric),
            self.operator,
            format::with_seconds(self.threshold, self.shown_unit()),
            format::duration(self.window),
        );
        text += &format::filter(&self.dimensions);
        text
    }

    /// The unit of [`value`](Self::value): that of the metric, except that a count has none.
    #[must_use]
    pub fn shown_unit(&self) -> &str {
        if self.aggregation == Aggregation::Count { "" } else { &self.unit }
    }

    /// Whether the rule watches a series that has these dimensions.
    #[must_use]
    pub fn matches(&self, dimensions: &Dimensions) -> bool {
        let of = |(key, values): &(String, Vec<String>)| {
            dimensions.get(key).is_some_and(|value| values.iter().any(|listed| listed == value))
        };
        self.dimensions.iter().all(of)
    }

    /// The value over the window that ends at `end`, or `None` when there is no data.
    #[must_use]
    pub fn value(&self, store: &Store, end: Timestamp) -> Option<f64> {
        let start = end.saturating_sub(self.window).unwrap_or(Timestamp::MIN);
        let grains = store.query(&self.metric, start..end, |dimensions| self.matches(dimensions));
        let all = grains.iter().map(|grain| grain.aggregate).reduce(|mut all, grain| {
            all.merge(&grain);
            all
        })?;
        self.aggregation.of(&all)
    }
}

fn fits(what: &'static str, text: &str, max: usize) -> Result<(), RuleError> {
    if text.chars().count() > max { Err(RuleError::TooLong { what, max }) } else { Ok(()) }
}
