//! A rule that is being made: what was typed, the rule that it stands for, and what is wrong.

use std::{collections::BTreeMap, fmt::Display, num::ParseIntError};

use jiff::SignedDuration;

use super::{
    Site,
    metrics::default_aggregation,
    names::portable,
    params::{Params, find_metric, metric_key},
};
use crate::{
    aggregation::Aggregation,
    metric::Metric,
    rule::{MAX_WINDOW, Operator, Rule, RuleError},
};

/// The severity of a rule that names none, as in Azure's command line.
const SEVERITY: u8 = 2;

/// What was typed, and the rule that it stands for.
pub(super) struct Draft {
    pub(super) rule: Rule,
    /// As it was typed, number or not.
    pub(super) threshold: String,
    pub(super) has_threshold: bool,
    pub(super) metric: String,
    /// The dimension by which the rule filters, as a form carries it, and the value.
    pub(super) key: String,
    pub(super) value: String,
    /// What was chosen and is not to be chosen, by field, with a sentence.
    unknown: Vec<(&'static str, String)>,
}

/// What is wrong, by the name of the field.
#[derive(Default)]
pub(super) struct Errors(BTreeMap<&'static str, String>);

impl Draft {
    /// What the form shows at first, and while it is being filled in: a field that was not touched
    /// yet is not wrong.
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
        // A form that was previewed has the field, be it empty.
        if !params.has("unit") {
            draft.rule.unit = site.unit_of(&draft.rule.metric);
        }
        let errors = draft.errors(site, false);
        (draft, errors)
    }

    /// Takes a form as it is. What was not sent becomes what the rule has unless it says otherwise;
    /// what cannot be read does too, and is found by [`errors`](Self::errors).
    pub(super) fn read(site: &Site, params: &Params) -> Self {
        let timing = site.alerts.timing();
        let threshold = params.text("threshold").trim().to_owned();
        let number = threshold.parse::<f64>().ok().filter(|number| number.is_finite());
        let mut unknown = Vec::new();
        let no_span = |_| "Write the time as a number of seconds, such as 30";
        let window =
            read_field(params, "window", &mut unknown, |text| seconds(text).map_err(no_span));
        let frequency =
            read_field(params, "frequency", &mut unknown, |text| seconds(text).map_err(no_span));
        let aggregation = read_field(params, "aggregation", &mut unknown, str::parse);
        let operator = read_field(params, "operator", &mut unknown, str::parse);
        let severity = read_field(params, "severity", &mut unknown, |text| {
            text.parse().map_err(|_| RuleError::Severity)
        });
        // A name may begin or end with blanks. They were meant if there is such a metric.
        let typed = params.text("metric");
        let (metric, found) = if let Ok(found) = find_metric(&site.store, typed) {
            (typed, found)
        } else {
            let trimmed = typed.trim();
            let found = find_metric(&site.store, trimmed);
            (trimmed, found.unwrap_or_else(|_| Metric::named(trimmed)))
        };
        let metric = metric.to_owned();
        let (key, value) = (params.text("key").to_owned(), params.text("value").to_owned());
        // As the series have it: a form cannot carry every character.
        let full = site.store.keys(&found, 1000).into_iter().find(|full| portable(full) == key);
        let dimensions = match full.unwrap_or_else(|| key.clone()) {
            key if key.is_empty() => Vec::new(),
            key => vec![(key, vec![value.clone()])],
        };
        let rule = Rule {
            name: params.text("name").trim().to_owned(),
            description: params.text("description").trim().to_owned(),
            metric: found,
            dimensions,
            aggregation: aggregation.unwrap_or(Aggregation::Average),
            operator: operator.unwrap_or(Operator::GreaterThan),
            threshold: number.unwrap_or(f64::NAN),
            unit: params.text("unit").trim().to_owned(),
            window: window.unwrap_or(timing.window),
            frequency: frequency.unwrap_or(timing.frequency),
            severity: severity.unwrap_or(SEVERITY),
        };
        let has_threshold = number.is_some();
        Self { rule, threshold, has_threshold, metric, key, value, unknown }
    }

    /// What is wrong; unless `whole`, a field that is empty is not.
    pub(super) fn errors(&self, site: &Site, whole: bool) -> Errors {
        let mut errors = Errors::default();
        let mut rule = self.rule.clone();
        errors.0.extend(self.unknown.iter().cloned());
        if !self.has_threshold && (whole || !self.threshold.is_empty()) {
            errors.add(&RuleError::Threshold);
        }
        if !self.key.is_empty() && self.value.is_empty() && whole {
            let sentence = "Give the value that the dimension must have, or choose all series";
            errors.0.insert("value", sentence.to_owned());
        }
        // The rule's own check stops at the first mistake. So that each gets its sentence, what was
        // found is put right, and the rest is checked again.
        if !self.has_threshold {
            rule.threshold = 0.0;
        }
        if !whole && rule.name.is_empty() {
            "preview".clone_into(&mut rule.name);
        }
        if !whole && rule.metric.name.is_empty() {
            rule.metric = Metric::named("preview");
        }
        while let Err(error) = rule.check(site.store.grain()) {
            let field = field_of(&error);
            if errors.0.contains_key(field) {
                break;
            }
            errors.add(&error);
            repair(&mut rule, field, site);
        }
        errors
    }

    /// Whether a preview shows something, in bounded time.
    pub(super) fn can_be_drawn(&self, site: &Site) -> bool {
        let window = self.rule.window;
        !self.rule.metric.name.is_empty() && window >= site.store.grain() && window <= MAX_WINDOW
    }
}

impl Errors {
    pub(super) fn add(&mut self, error: &RuleError) {
        self.0.insert(field_of(error), format!("{error}."));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with a field; empty if nothing is.
    pub(super) fn of(&self, field: &str) -> &str {
        self.0.get(field).map(String::as_str).unwrap_or_default()
    }
}

/// A field as what it stands for, if it was sent; what it cannot stand for goes to `unknown`.
fn read_field<T, E: Display>(
    params: &Params,
    field: &'static str,
    unknown: &mut Vec<(&'static str, String)>,
    read: impl Fn(&str) -> Result<T, E>,
) -> Option<T> {
    let told = |error| unknown.push((field, format!("{error}.")));
    read(params.get(field)?).map_err(told).ok()
}

fn seconds(text: &str) -> Result<SignedDuration, ParseIntError> {
    text.parse().map(SignedDuration::from_secs)
}

/// The field beside which an error is shown.
fn field_of(error: &RuleError) -> &'static str {
    match error {
        RuleError::NoMetric => "metric",
        RuleError::TooLong { what, .. } => match *what {
            "description" => "description",
            "unit" => "unit",
            "metric's name" | "metric's namespace" => "metric",
            "key of a dimension" => "key",
            "value of a dimension" => "value",
            _ => "name",
        },
        RuleError::TooManyDimensions | RuleError::TwiceDimension(_) => "key",
        RuleError::Values(_) | RuleError::LongFilter => "value",
        RuleError::Threshold => "threshold",
        RuleError::Severity => "severity",
        RuleError::NotOfGrains { what: "frequency", .. } => "frequency",
        RuleError::NotOfGrains { .. } | RuleError::Gaps { .. } | RuleError::LongWindow => "window",
        RuleError::NoName | RuleError::BadName | RuleError::Taken(_) | RuleError::TooMany(_) => {
            "name"
        }
    }
}

/// Puts a field right, so that the others can be checked.
fn repair(rule: &mut Rule, field: &str, site: &Site) {
    let timing = site.alerts.timing();
    match field {
        "name" => "preview".clone_into(&mut rule.name),
        "description" => rule.description.clear(),
        "metric" => rule.metric = Metric::named("preview"),
        "key" | "value" => rule.dimensions.clear(),
        "unit" => rule.unit.clear(),
        "severity" => rule.severity = SEVERITY,
        _ => (rule.window, rule.frequency) = (timing.window, timing.frequency),
    }
}
