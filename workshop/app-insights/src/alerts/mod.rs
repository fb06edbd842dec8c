//! Evaluates rules and keeps their alerts, like Azure Monitor's stateful metric alerts.

mod alert;
pub(crate) mod evaluator;
mod rule;
mod timing;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use crate::{
    format,
    store::{self, Store},
};

pub use self::{
    alert::{Alert, State},
    rule::{
        MAX_DESCRIPTION, MAX_RULE_NAME, MAX_UNIT, MAX_WINDOW, Operator, Rule, RuleError,
        UnknownOperator,
    },
    timing::Timing,
};

/// The maximum number of rules. This limit is the stand-in's own.
pub const MAX_RULES: usize = 50;
/// The maximum number of ended alerts in the history. This limit is the stand-in's own.
pub const MAX_HISTORY: usize = 500;
/// The number of consecutive evaluations that must not meet the condition before an alert is
/// resolved. Azure's overview of alerts: "The alert condition isn't met for three consecutive
/// checks".
pub const QUIET_TO_RESOLVE: u8 = 3;

/// The result of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// The time at which the evaluation was due, which is the end of its window.
    pub at: Timestamp,
    /// The value, or `None` when the window had no data.
    pub value: Option<f64>,
}

/// A rule and its state.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// The rule.
    pub rule: Arc<Rule>,
    /// The last evaluation of the rule.
    pub last: Option<Evaluation>,
    /// The alert of the rule, until the alert is resolved.
    pub alert: Option<Alert>,
    /// The number of consecutive evaluations, since the alert fired, that did not meet the
    /// condition. Always below [`QUIET_TO_RESOLVE`].
    pub quiet: u8,
}

/// All rules and their alerts. Share the value with an [`Arc`].
pub struct Alerts {
    timing: Timing,
    state: Mutex<All>,
}

#[derive(Default)]
struct All {
    watched: Vec<Watched>,
    /// Ended alerts, the oldest first.
    ended: VecDeque<Alert>,
    last_id: u64,
    forgotten: u64,
}

impl Alerts {
    /// Creates an empty set of rules.
    #[must_use]
    pub fn new(timing: Timing) -> Self {
        Self { timing, state: Mutex::default() }
    }

    /// The default window and frequency of a rule.
    #[must_use]
    pub fn timing(&self) -> Timing {
        self.timing
    }

    /// Adds a rule, unless the rule is invalid, its name is taken, or there are too many rules. The
    /// next [`evaluate`](Self::evaluate) is the first to evaluate the rule.
    pub fn add(&self, rule: Rule) -> Result<(), RuleError> {
        rule.check(self.timing.grain)?;
        let mut all = self.lock();
        if all.watched.iter().any(|watched| watched.rule.name == rule.name) {
            let message = format!(
                "There is already a rule {}: choose another name, or delete that rule first",
                format::name(&rule.name)
            );
            return Err(RuleError::new("name", message));
        }
        if all.watched.len() >= MAX_RULES {
            let message = format!("There are {MAX_RULES} rules, the maximum: delete one first");
            return Err(RuleError::new("name", message));
        }
        let rule = Arc::new(rule);
        all.watched.push(Watched { rule, last: None, alert: None, quiet: 0 });
        Ok(())
    }

    /// Removes the rule with this name, if there is one. Its alert stays in the history unchanged.
    pub fn remove(&self, name: &str) -> bool {
        let mut all = self.lock();
        let Some(index) = all.watched.iter().position(|watched| watched.rule.name == name) else {
            return false;
        };
        if let Some(alert) = all.watched.remove(index).alert {
            all.end(Alert { rule_deleted: true, ..alert });
        }
        true
    }

    /// The rules in the order in which they were added.
    #[must_use]
    pub fn watched(&self) -> Vec<Watched> {
        self.lock().watched.clone()
    }

    /// All alerts, both open and ended, the newest first.
    #[must_use]
    pub fn history(&self) -> Vec<Alert> {
        let all = self.lock();
        let open = all.watched.iter().filter_map(|watched| watched.alert.as_ref());
        let mut alerts: Vec<Alert> = open.chain(&all.ended).cloned().collect();
        alerts.sort_by_key(|alert| std::cmp::Reverse(alert.id));
        alerts
    }

    /// The number of ended alerts that are no longer in the history.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.lock().forgotten
    }

    /// Evaluates each rule that is due by the store's clock once. Missed evaluations are skipped.
    /// Returns the alerts that fired or were resolved.
    pub fn evaluate(&self, store: &Store) -> Vec<Alert> {
        let mut changed = Vec::new();
        self.evaluate_each(store, |alert| changed.push(alert));
        changed
    }

    /// Like [`evaluate`](Self::evaluate), but passes each alert to `report` right after the
    /// evaluation of its rule. The rules with the shortest windows come first.
    pub fn evaluate_each(&self, store: &Store, mut report: impl FnMut(Alert)) {
        let now = store.now();
        let due = |watched: &Watched| {
            let at = store::floor(now, watched.rule.frequency);
            // Not `<`: after the clock is set back, the due time is earlier than the last
            // evaluation.
            watched.last.is_none_or(|last| last.at != at).then(|| (Arc::clone(&watched.rule), at))
        };
        let mut due: Vec<(Arc<Rule>, Timestamp)> =
            self.lock().watched.iter().filter_map(due).collect();
        due.sort_by_key(|(rule, _)| rule.window);
        for (rule, at) in due {
            // Without the lock: a query of a full store takes a while, and requests for the alerts
            // should not wait for the query.
            let evaluation = Evaluation { at, value: rule.value(store, at) };
            let changed = self.lock().apply(&rule, evaluation);
            changed.into_iter().for_each(&mut report);
        }
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        // No operation can panic halfway while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl All {
    /// Applies an evaluation of a rule; returns the alert if it fired or was resolved.
    fn apply(&mut self, rule: &Arc<Rule>, evaluation: Evaluation) -> Option<Alert> {
        // In the meantime the rule may have been deleted, or evaluated by another thread.
        let current = |watched: &&mut Watched| {
            Arc::ptr_eq(&watched.rule, rule)
                && watched.last.is_none_or(|last| last.at != evaluation.at)
        };
        let watched = self.watched.iter_mut().find(current)?;
        let changed = watched.apply(evaluation, &mut self.last_id)?;
        if changed.state == State::Resolved {
            self.end(changed.clone());
        }
        Some(changed)
    }

    fn end(&mut self, alert: Alert) {
        if self.ended.len() >= MAX_HISTORY {
            self.ended.pop_front();
            self.forgotten += 1;
        }
        self.ended.push_back(alert);
    }
}

impl Watched {
    /// Applies an evaluation; returns the alert if it fired or was resolved.
    fn apply(&mut self, evaluation: Evaluation, last_id: &mut u64) -> Option<Alert> {
        self.last = Some(evaluation);
        let Evaluation { at, value } = evaluation;
        // Without data, the condition is not met.
        let met = value.is_some_and(|it| self.rule.operator.met(it, self.rule.threshold));
        match (&self.alert, value) {
            (None, Some(value)) if met => {
                *last_id += 1;
                self.alert = Some(Alert {
                    id: *last_id,
                    rule: Arc::clone(&self.rule),
                    state: State::Fired,
                    value,
                    fired_at: at,
                    resolved_at: None,
                    resolved_value: None,
                    rule_deleted: false,
                });
                self.alert.clone()
            }
            (Some(_), _) if met => {
                self.quiet = 0;
                None
            }
            (Some(_), _) => {
                self.quiet += 1;
                if self.quiet < QUIET_TO_RESOLVE {
                    return None;
                }
                self.quiet = 0;
                let alert = self.alert.take()?;
                let resolved_at = Some(at);
                Some(Alert { state: State::Resolved, resolved_at, resolved_value: value, ..alert })
            }
            (None, _) => None,
        }
    }
}
