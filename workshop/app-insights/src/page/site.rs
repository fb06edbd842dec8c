//! The state of the screens.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{params::Params, problem::Problem};
use crate::{
    alerts::Alerts,
    background::Background,
    body::{self, Reader},
    store::{Metric, Store},
};

/// The greatest age of the values of the metric that is shown first.
const RECENT: SignedDuration = SignedDuration::from_mins(10);
/// The most rules whose metrics are tried.
const MAX_TRIED: usize = 5;

/// The state of the screens.
pub(crate) struct Site {
    pub(crate) store: Arc<Store>,
    pub(crate) alerts: Arc<Alerts>,
    /// The connection string for an app on this machine.
    pub(crate) connection: String,
    /// The zone of all times.
    pub(crate) zone: TimeZone,
    background: Background,
    reader: Reader,
}

impl Site {
    pub(crate) fn new(
        store: Arc<Store>,
        alerts: Arc<Alerts>,
        connection: String,
        background: Background,
        reader: Reader,
    ) -> Self {
        // The zone of a machine may be unknown.
        let zone = TimeZone::try_system().unwrap_or(TimeZone::UTC);
        Self { store, alerts, connection, zone, background, reader }
    }

    /// The metric that is shown first: a rule's metric with recent values, and else the one with
    /// the newest value.
    pub(super) fn first_metric(&self) -> Option<Metric> {
        let now = self.store.now();
        let since = now.saturating_sub(RECENT).unwrap_or(Timestamp::MIN);
        let watched = self.alerts.watched().into_iter().map(|watched| watched.rule.metric.clone());
        let recent = |metric: &Metric| !self.store.query(metric, since..now, |_| true).is_empty();
        watched.take(MAX_TRIED).find(recent).or_else(|| self.store.newest())
    }

    /// The unit of a metric in its first rule with a unit; empty if there is none.
    pub(super) fn unit_of(&self, metric: &Metric) -> String {
        let rules = self.alerts.watched().into_iter().map(|watched| watched.rule);
        let mut units = rules.filter(|rule| rule.metric == *metric && !rule.unit.is_empty());
        units.next().map(|rule| rule.unit.clone()).unwrap_or_default()
    }

    /// Reads the fields of a form that was posted.
    pub(super) async fn read_form(&self, request: Request) -> Result<Params, Problem> {
        if body::media_type(request.headers()) != "application/x-www-form-urlencoded" {
            let sentence = "A form is sent as application/x-www-form-urlencoded";
            let refusal = (StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence.to_owned());
            return Err(Problem::refused(refusal));
        }
        let received = self.reader.read(request.into_body(), body::SMALL).await;
        received.map(|received| Params::read(&received.bytes)).map_err(Problem::refused)
    }

    /// Renders a screen, in the background.
    pub(super) async fn render<F>(self: Arc<Self>, screen: F) -> Response
    where
        F: FnOnce(&Self) -> Result<Response, Problem> + Send + 'static,
    {
        let background = self.background.clone();
        let render = move || screen(&self).unwrap_or_else(|problem| problem.respond(&self));
        background.respond(render).await
    }
}

/// A template as an answer.
pub(super) fn html(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => {
            (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
        }
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "The stand-in failed.\n").into_response(),
    }
}
