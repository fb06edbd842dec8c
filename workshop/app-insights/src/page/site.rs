//! What every screen draws on.

use std::sync::Arc;

use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::problem::Problem;
use crate::{alerts::Alerts, background::Background, metric::Metric, store::Store};

/// How old the values of a metric may be that is shown first.
const RECENT: SignedDuration = SignedDuration::from_mins(10);
/// The most rules whose metrics are looked for.
const MAX_TRIED: usize = 5;

/// What every screen draws on.
pub(crate) struct Site {
    pub(crate) store: Arc<Store>,
    pub(crate) alerts: Arc<Alerts>,
    /// The connection string for an app on this machine.
    pub(crate) connection: String,
    /// In which times are shown.
    pub(crate) zone: TimeZone,
    background: Background,
}

impl Site {
    pub(crate) fn new(
        store: Arc<Store>,
        alerts: Arc<Alerts>,
        connection: String,
        background: Background,
    ) -> Self {
        // A machine that does not know where it is keeps the time that all clocks agree on.
        let zone = TimeZone::try_system().unwrap_or(TimeZone::UTC);
        Self { store, alerts, connection, zone, background }
    }

    /// The metric to begin with: one that a rule watches, if it has just been measured, and
    /// otherwise the one that was measured last.
    pub(super) fn first_metric(&self) -> Option<Metric> {
        let now = self.store.now();
        let since = now.saturating_sub(RECENT).unwrap_or(Timestamp::MIN);
        let watched = self.alerts.watched().into_iter().map(|watched| watched.rule.metric);
        let recent = |metric: &Metric| !self.store.query(metric, since..now, |_| true).is_empty();
        watched.take(MAX_TRIED).find(recent).or_else(|| self.store.newest())
    }

    /// The unit of a metric, as the first rule on it names it; empty if none does.
    pub(super) fn unit_of(&self, metric: &Metric) -> String {
        let rules = self.alerts.watched().into_iter().map(|watched| watched.rule);
        let mut told = rules.filter(|rule| rule.metric == *metric && !rule.unit.is_empty());
        told.next().map(|rule| rule.unit).unwrap_or_default()
    }

    /// Renders a screen, in the background.
    pub(super) async fn render<F>(self: Arc<Self>, screen: F) -> Response
    where
        F: FnOnce(&Self) -> Result<Response, Problem> + Send + 'static,
    {
        let background = self.background.clone();
        let render = move || screen(&self).unwrap_or_else(|problem| problem.respond(&self));
        background.run(render).await.unwrap_or_else(failed)
    }
}

/// A template as an answer.
pub(super) fn html(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => {
            (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
        }
        Err(_) => failed(),
    }
}

fn failed() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, "The stand-in failed to show this.\n").into_response()
}
