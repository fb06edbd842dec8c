//! Evaluates rules and keeps their alerts, as Azure Monitor's stateful metric alerts.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    format,
    rule::{Rule, RuleError},
    store::Store,
    timing::floor,
};

pub use crate::timing::Timing;

/// The most rules there may be. This stand-in's own limit.
pub const MAX_RULES: usize = 50;
/// The most alerts that are over and still told. This stand-in's own limit.
pub const MAX_HISTORY: usize = 500;
/// Evaluations in a row that must not meet the condition before an alert is resolved: "The alert
/// condition isn't met for three consecutive checks", says Azure's overview of alerts.
pub const QUIET_TO_RESOLVE: u8 = 3;

/// What became of an alert. Azure calls it the alert condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is going on.
    Fired,
    /// It is over.
    Resolved,
}

/// That a rule's condition was met, and since when.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Counts up from 1.
    pub id: u64,
    /// The rule's name.
    pub rule: String,
    /// The rule's severity, 0 to 4.
    pub severity: u8,
    /// The rule's condition in one line, every name escaped.
    pub condition: String,
    /// The unit of value and threshold; empty if there is none.
    pub unit: String,
    /// The rule's threshold.
    pub threshold: f64,
    /// Whether it is going on.
    pub state: State,
    /// The value with which it fired.
    pub value: f64,
    /// The evaluation that met the condition first.
    pub fired_at: Timestamp,
    /// The evaluation that was the third in a row not to meet it. It is before `fired_at` if the
    /// clock was set back in between.
    pub resolved_at: Option<Timestamp>,
    /// The value at that evaluation; `None` also when there was no data.
    pub resolved_value: Option<f64>,
    /// The rule was deleted while the alert was going on. Nothing can resolve it any more.
    pub rule_deleted: bool,
    /// The whole rule, as it was when the alert fired.
    pub definition: Arc<Rule>,
}

/// What an evaluation found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// When it was due, which is where its window ends.
    pub at: Timestamp,
    /// The value, or `None` when the window had no data.
    pub value: Option<f64>,
    /// Whether the condition was met. Without data it is not.
    pub met: bool,
}

/// A rule and how it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// The rule.
    pub rule: Rule,
    /// Its last evaluation.
    pub last: Option<Evaluation>,
    /// Its alert that is going on.
    pub alert: Option<Alert>,
    /// Evaluations in a row that did not meet the condition while the alert is going on, below
    /// [`QUIET_TO_RESOLVE`].
    pub quiet: u8,
    /// Counts the rules that were ever added: a new one may be just like one that was deleted.
    number: u64,
}

/// How many rules and alerts there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Rules.
    pub rules: usize,
    /// Alerts that are going on.
    pub fired: usize,
    /// Alerts that are over and still told, at most [`MAX_HISTORY`].
    pub history: usize,
    /// Alerts that made way for newer ones since the start.
    pub forgotten: u64,
}

impl fmt::Display for Status {
    /// The limit that was reached, as a line; nothing otherwise.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.forgotten {
            0 => Ok(()),
            n => writeln!(
                f,
                "Limit reached: {MAX_HISTORY} alerts that are over are kept; the oldest {n} made \
                 way for new ones."
            ),
        }
    }
}

/// All rules and their alerts. Share it with [`Arc`].
pub struct Alerts {
    timing: Timing,
    state: Mutex<All>,
}

#[derive(Default)]
struct All {
    watched: Vec<Watched>,
    /// Alerts that are over, the oldest in front.
    over: VecDeque<Alert>,
    last_id: u64,
    added: u64,
    forgotten: u64,
}

impl Alerts {
    /// No rules yet.
    #[must_use]
    pub fn new(timing: Timing) -> Self {
        Self { timing, state: Mutex::default() }
    }

    /// What a rule has unless it says otherwise.
    #[must_use]
    pub fn timing(&self) -> Timing {
        self.timing
    }

    /// Adds a rule. It is evaluated for the first time by the next [`evaluate`](Self::evaluate).
    ///
    /// # Errors
    ///
    /// When something is wrong with it, its name is taken, or there are too many.
    pub fn add(&self, rule: Rule) -> Result<(), RuleError> {
        rule.check(self.timing.grain)?;
        let mut all = self.lock();
        if all.watched.iter().any(|watched| watched.rule.name == rule.name) {
            return Err(RuleError::Taken(format::name(&rule.name)));
        }
        if all.watched.len() >= MAX_RULES {
            return Err(RuleError::TooMany(MAX_RULES));
        }
        all.added += 1;
        let number = all.added;
        all.watched.push(Watched { number, ..Watched::new(rule) });
        Ok(())
    }

    /// Removes a rule, if there is one of this name. Its alert stays in the history, as it was.
    pub fn remove(&self, name: &str) -> bool {
        let mut all = self.lock();
        let Some(index) = all.watched.iter().position(|watched| watched.rule.name == name) else {
            return false;
        };
        if let Some(alert) = all.watched.remove(index).alert {
            all.close(Alert { rule_deleted: true, ..alert });
        }
        true
    }

    /// The rules in the order in which they were added, and how they stand.
    #[must_use]
    pub fn watched(&self) -> Vec<Watched> {
        self.lock().watched.clone()
    }

    /// All alerts, those going on and those that are over, the newest first.
    #[must_use]
    pub fn history(&self) -> Vec<Alert> {
        let all = self.lock();
        let open = all.watched.iter().filter_map(|watched| watched.alert.as_ref());
        let mut alerts: Vec<Alert> = open.chain(&all.over).cloned().collect();
        alerts.sort_by_key(|alert| std::cmp::Reverse(alert.id));
        alerts
    }

    /// How many there are, and whether some were forgotten.
    #[must_use]
    pub fn status(&self) -> Status {
        let all = self.lock();
        Status {
            rules: all.watched.len(),
            fired: all.watched.iter().filter(|watched| watched.alert.is_some()).count(),
            history: all.over.len(),
            forgotten: all.forgotten,
        }
    }

    /// Evaluates every rule that is due by the store's clock, once: evaluations that were missed
    /// are not made up for. Returns the alerts that fired or were resolved now.
    pub fn evaluate(&self, store: &Store) -> Vec<Alert> {
        let mut changed = Vec::new();
        self.evaluate_each(store, |alert| changed.push(alert));
        changed
    }

    /// As [`evaluate`](Self::evaluate), but tells each alert as soon as its rule was evaluated. The
    /// rules with the shortest windows come first.
    pub fn evaluate_each(&self, store: &Store, mut tell: impl FnMut(Alert)) {
        let now = store.now();
        // After the clock was set back, an earlier time is as good as a later one.
        let due = |watched: &Watched| {
            let at = floor(now, watched.rule.frequency);
            watched.last.is_none_or(|last| last.at != at).then(|| (watched.clone(), at))
        };
        let mut due: Vec<(Watched, Timestamp)> =
            self.lock().watched.iter().filter_map(due).collect();
        due.sort_by_key(|(watched, _)| watched.rule.window);
        for (Watched { rule, number, .. }, at) in due {
            // Not under the lock: reading a full store takes a while, and nobody who asks for the
            // alerts should wait for it.
            let value = rule.value(store, at);
            let met = value.is_some_and(|value| rule.operator.met(value, rule.threshold));
            let changed = self.lock().take(number, Evaluation { at, value, met });
            changed.into_iter().for_each(&mut tell);
        }
    }

    /// When a rule is due next after `now`, if there is any rule.
    #[must_use]
    pub fn next_evaluation(&self, now: Timestamp) -> Option<Timestamp> {
        let all = self.lock();
        let due = all.watched.iter().map(|watched| {
            let frequency = watched.rule.frequency;
            floor(now, frequency).saturating_add(frequency).unwrap_or(Timestamp::MAX)
        });
        due.min()
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        // Nothing that is done under the lock can leave it half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl All {
    /// Takes a rule's evaluation; returns the alert if it fired or was resolved by it.
    fn take(&mut self, number: u64, evaluation: Evaluation) -> Option<Alert> {
        // Meanwhile the rule may have been deleted, or evaluated by somebody else.
        let open = |w: &&mut Watched| {
            w.number == number && w.last.is_none_or(|last| last.at != evaluation.at)
        };
        let watched = self.watched.iter_mut().find(open)?;
        let changed = watched.take(evaluation, &mut self.last_id)?;
        if changed.state == State::Resolved {
            self.close(changed.clone());
        }
        Some(changed)
    }

    fn close(&mut self, alert: Alert) {
        if self.over.len() >= MAX_HISTORY {
            self.over.pop_front();
            self.forgotten += 1;
        }
        self.over.push_back(alert);
    }
}

impl Watched {
    /// A rule that was never evaluated.
    pub(crate) fn new(rule: Rule) -> Self {
        Self { rule, last: None, alert: None, quiet: 0, number: 0 }
    }

    /// Takes an evaluation; returns the alert if it fired or was resolved by it.
    fn take(&mut self, evaluation: Evaluation, last_id: &mut u64) -> Option<Alert> {
        self.last = Some(evaluation);
        let Evaluation { at, value, met } = evaluation;
        match (&self.alert, value) {
            (None, Some(value)) if met => {
                *last_id += 1;
                self.alert = Some(Alert::fire(*last_id, &self.rule, at, value));
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

impl Alert {
    fn fire(id: u64, rule: &Rule, at: Timestamp, value: f64) -> Self {
        Self {
            id,
            rule: rule.name.clone(),
            severity: rule.severity,
            condition: rule.condition(),
            unit: rule.shown_unit().to_owned(),
            threshold: rule.threshold,
            state: State::Fired,
            value,
            fired_at: at,
            resolved_at: None,
            resolved_value: None,
            rule_deleted: false,
            definition: Arc::new(rule.clone()),
        }
    }

    /// What happened, in one line for a terminal, every name escaped:
    /// `alert slow fired: average request-latency 1512 ms > 1000 ms over 30 s`.
    #[must_use]
    pub fn line(&self) -> String {
        let rule = &self.definition;
        let what = format!("{} {}", rule.aggregation, format::metric(&rule.metric));
        let threshold = format::with_unit(&format::exact(self.threshold), &self.unit);
        let over =
            format!("over {}{}", format::duration(rule.window), format::filter(&rule.dimensions));
        let name = format::name(&self.rule);
        let shown = |value| format::with_unit(&format::against(value, self.threshold), &self.unit);
        match (self.state, self.resolved_value) {
            (State::Fired, _) => {
                let value = shown(self.value);
                format!("alert {name} fired: {what} {value} {} {threshold} {over}", rule.operator)
            }
            (State::Resolved, Some(value)) => format!(
                "alert {name} resolved: {what} {} is not {} {threshold} {over}",
                shown(value),
                rule.operator
            ),
            (State::Resolved, None) => {
                format!("alert {name} resolved: {what} has no data {over}")
            }
        }
    }
}
