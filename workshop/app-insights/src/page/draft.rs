//! The form for a new rule: its fields, the rule, and the errors.

use std::{collections::BTreeMap, fmt::Display, num::ParseIntError};

use jiff::SignedDuration;

use super::{
    metrics::default_aggregation,
    params::{Params, find_metric, metric_key},
    site::Site,
};
use crate::{
    alerts::{MAX_WINDOW, Rule, RuleError},
    format::visible,
    store::Metric,
};

/// The fields of the form, and the rule. The rule has defaults for fields that are missing or
/// invalid.
pub(super) struct Draft {
    pub(super) rule: Rule,
    /// The field as sent, whether or not it is a number.
    pub(super) threshold: String,
    pub(super) metric: String,
    /// The key and the value of the dimension in the rule's filter.
    pub(super) key: String,
    pub(super) value: String,
    /// Errors of fields with a choice.
    unreadable: Errors,
}

/// Error messages by field.
#[derive(Clone, Default)]
pub(super) struct Errors(BTreeMap<&'static str, String>);

impl Draft {
    /// The form before it is complete: missing fields have defaults and are not errors.
    pub(super) fn begin(site: &Site, params: &Params) -> (Self, Errors) {
        let mut draft = Self::read(site, params);
        if params.get("metric").is_none()
            && let Some(metric) = site.first_metric()
        {
            draft.metric = metric_key(&metric);
            draft.rule.metric = metric;
        }
        if params.get("aggregation").is_none() {
            draft.rule.aggregation = default_aggregation(site, &draft.rule.metric);
        }
        // After a preview, the form contains the field, even if the field is empty.
        if !params.has("unit") {
            draft.rule.unit = site.unit_of(&draft.rule.metric);
        }
        let mut errors = draft.errors(site);
        let is_missing = |field: &str| match field {
            "name" => draft.rule.name.is_empty(),
            "metric" => draft.metric.is_empty(),
            "threshold" => draft.threshold.is_empty(),
            "value" => draft.value.is_empty(),
            _ => false,
        };
        errors.0.retain(|field, _| !is_missing(field));
        (draft, errors)
    }

    /// Parses the form.
    pub(super) fn read(site: &Site, params: &Params) -> Self {
        let mut unreadable = Errors::default();
        let window = parse(params, "window", &mut unreadable, seconds);
        let frequency = parse(params, "frequency", &mut unreadable, seconds);
        let aggregation = parse(params, "aggregation", &mut unreadable, str::parse);
        let operator = parse(params, "operator", &mut unreadable, str::parse);
        // A text that is not a number fails the range check.
        let severity = params.get("severity").map(|text| text.parse().unwrap_or(u8::MAX));
        // A name may begin or end with spaces, which are kept if there is such a metric.
        let mut typed = params.text("metric");
        if find_metric(&site.store, typed).is_err() {
            typed = typed.trim();
        }
        let metric = find_metric(&site.store, typed).unwrap_or_else(|_| Metric::named(typed));
        let (key, value) = (params.text("key").to_owned(), params.text("value").to_owned());
        // A form cannot transmit every character, so the full key is looked up in the series.
        let keys = site.store.keys(&metric, 1000);
        let full_key = keys.into_iter().find(|full| visible(full) == key);
        let mut dimensions = BTreeMap::new();
        if !key.is_empty() {
            dimensions.insert(full_key.unwrap_or_else(|| key.clone()), vec![value.clone()]);
        }
        let threshold = params.text("threshold").trim().to_owned();
        let usual = Rule::average_above(
            metric,
            threshold.parse().unwrap_or(f64::NAN),
            &site.alerts.timing(),
        );
        let rule = Rule {
            name: params.text("name").trim().to_owned(),
            description: params.text("description").trim().to_owned(),
            dimensions,
            aggregation: aggregation.unwrap_or(usual.aggregation),
            operator: operator.unwrap_or(usual.operator),
            unit: params.text("unit").trim().to_owned(),
            window: window.unwrap_or(usual.window),
            frequency: frequency.unwrap_or(usual.frequency),
            severity: severity.unwrap_or(usual.severity),
            ..usual
        };
        Self { rule, threshold, metric: typed.to_owned(), key, value, unreadable }
    }

    /// All errors of the form, at most one for each field.
    pub(super) fn errors(&self, site: &Site) -> Errors {
        let mut errors = self.unreadable.clone();
        if !self.key.is_empty() && self.value.is_empty() {
            errors
                .add("value", "Give the value that the dimension must have, or choose all series");
        }
        for problem in self.rule.problems(site.store.grain()) {
            errors.add(problem.field, problem);
        }
        errors
    }

    pub(super) fn has_threshold(&self) -> bool {
        self.rule.threshold.is_finite()
    }

    /// Whether a preview can be drawn in bounded time.
    pub(super) fn can_be_drawn(&self, site: &Site) -> bool {
        let window = self.rule.window;
        !self.rule.metric.name.is_empty() && window >= site.store.grain() && window <= MAX_WINDOW
    }
}

impl Errors {
    /// The error of [`Alerts::add`](crate::alerts::Alerts::add).
    pub(super) fn refused(error: RuleError) -> Self {
        let mut errors = Self::default();
        errors.add(error.field, error);
        errors
    }

    /// Adds an error, unless the field has one already.
    fn add(&mut self, field: &'static str, error: impl Display) {
        self.0.entry(field).or_insert_with(|| format!("{error}."));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The error of a field; empty if there is none.
    pub(super) fn of(&self, field: &str) -> &str {
        self.0.get(field).map(String::as_str).unwrap_or_default()
    }
}

/// Parses a field, if it was sent.
fn parse<T, E: Display>(
    params: &Params,
    field: &'static str,
    errors: &mut Errors,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<T> {
    parse(params.get(field)?).map_err(|error| errors.add(field, error)).ok()
}

fn seconds(text: &str) -> Result<SignedDuration, &'static str> {
    text.parse()
        .map(SignedDuration::from_secs)
        .map_err(|_: ParseIntError| "Write the time as a number of seconds, such as 30")
}
