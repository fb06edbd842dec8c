//! The state of the screens.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{
    alerts::Alerts,
    background::Background,
    body::Reader,
    store::{Metric, Store},
};

/// The maximum age of the values of a rule's metric that is shown first.
const RECENT: SignedDuration = SignedDuration::from_mins(10);
/// The maximum number of rules whose metrics are tried.
const MAX_TRIED: usize = 5;

/// The state of the screens.
pub(crate) struct Site {
    pub(crate) store: Arc<Store>,
    pub(crate) alerts: Arc<Alerts>,
    /// The connection string for an app on this machine.
    pub(crate) connection: String,
    /// The time zone of all times.
    pub(crate) zone: TimeZone,
    pub(super) background: Background,
    pub(super) reader: Reader,
}

impl Site {
    pub(crate) fn new(
        store: Arc<Store>,
        alerts: Arc<Alerts>,
        connection: String,
        background: Background,
        reader: Reader,
    ) -> Self {
        // The time zone of a machine may be unknown.
        let zone = TimeZone::try_system().unwrap_or(TimeZone::UTC);
        Self { store, alerts, connection, zone, background, reader }
    }

    /// The metric that is shown first: a rule's metric with recent values, or else the metric with
    /// the newest value.
    pub(super) fn first_metric(&self) -> Option<Metric> {
        let now = self.store.now();
        let since = now.saturating_sub(RECENT).unwrap_or(Timestamp::MIN);
        let watched = self.alerts.watched().into_iter().map(|watched| watched.rule.metric.clone());
        let recent = |metric: &Metric| !self.store.query(metric, since..now, |_| true).is_empty();
        watched.take(MAX_TRIED).find(recent).or_else(|| self.store.newest())
    }

    /// The unit of a metric in its first rule with a unit; empty if there is no such rule.
    pub(super) fn unit_of(&self, metric: &Metric) -> String {
        let rules = self.alerts.watched().into_iter().map(|watched| watched.rule);
        let mut units = rules.filter(|rule| rule.metric == *metric && !rule.unit.is_empty());
        units.next().map(|rule| rule.unit.clone()).unwrap_or_default()
    }
}
