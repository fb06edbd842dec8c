//! An alert, and its line in the terminal.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::rule::Rule;
use crate::format;

/// The state of an alert. Azure calls it the alert condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The alert has not been resolved.
    Fired,
    /// The alert has ended.
    Resolved,
}

/// An alert of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Counts up from 1.
    pub id: u64,
    /// The rule that fired.
    pub rule: Arc<Rule>,
    /// The state.
    pub state: State,
    /// The value with which the alert fired.
    pub value: f64,
    /// The time of the first evaluation that met the condition.
    pub fired_at: Timestamp,
    /// The time of the third consecutive evaluation that did not meet the condition. This time is
    /// before `fired_at` if the clock was set back in between.
    pub resolved_at: Option<Timestamp>,
    /// The value at that evaluation; also `None` if there was no data.
    pub resolved_value: Option<f64>,
    /// Whether the rule was deleted before the alert was resolved. Such an alert is never resolved.
    pub rule_deleted: bool,
}

impl Alert {
    /// The change in one line for a terminal, with every name escaped:
    /// `alert too-slow fired: average request-latency 1512 ms > 1000 ms over 30 s`.
    #[must_use]
    pub fn line(&self) -> String {
        let rule = &self.rule;
        let unit = rule.value_unit();
        let what = format!("{} {}", rule.aggregation, format::metric(&rule.metric));
        let operator = rule.operator;
        let threshold = format::with_unit(&format::exact(rule.threshold), unit);
        let window = format::duration(rule.window);
        let over = format!("over {window}{}", format::filter(&rule.dimensions));
        let name = format::name(&rule.name);
        let shown = |value| format::with_unit(&format::compared(value, rule.threshold), unit);
        match (self.state, self.resolved_value) {
            (State::Fired, _) => {
                let value = shown(self.value);
                format!("alert {name} fired: {what} {value} {operator} {threshold} {over}")
            }
            (State::Resolved, Some(value)) => {
                let value = shown(value);
                format!(
                    "alert {name} resolved: {what} {value} is not {operator} {threshold} {over}"
                )
            }
            (State::Resolved, None) => {
                format!("alert {name} resolved: {what} has no data {over}")
            }
        }
    }
}
