//! Tells a web service when an alert fires or is resolved, in Azure's common alert schema.
//!
//! One thread does it, so that a service that is slow makes nobody else wait.

use std::{
    io,
    str::FromStr,
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread,
    time::Duration,
};

use axum::http::Uri;
use serde_json::{Value, json};
use thiserror::Error;
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};
use ureq::Agent;

use crate::{
    alerts::{Alert, State},
    printer::Printer,
    words,
};

/// Notifications that may wait for those before them.
const MAX_WAITING: usize = 64;
/// How long the service may take to answer one.
const ANSWER_TIME: Duration = Duration::from_secs(5);
/// How long notifications are waited for at the end, at most.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where to send notifications. It may hold a secret, so it is not shown: not by `Debug` either.
#[derive(Clone)]
pub struct Webhook {
    url: String,
    /// Host and port, which may be shown.
    place: String,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Webhook({})", self.place)
    }
}

/// Why a URL cannot be taken. Never repeats the URL.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum WebhookError {
    #[error("This is not a URL: write one such as http://127.0.0.1:9000/alerts")]
    NoUrl,
    #[error(
        "Only http:// can be sent to, because this program has no TLS: give it the address of a \
         program on this machine"
    )]
    NotHttp,
    #[error("The port must be a number from 1 to 65535, such as in http://127.0.0.1:9000/alerts")]
    Port,
}

impl FromStr for Webhook {
    type Err = WebhookError;

    fn from_str(url: &str) -> Result<Self, WebhookError> {
        let uri: Uri = url.parse().map_err(|_| WebhookError::NoUrl)?;
        match uri.scheme_str() {
            Some("http") => {}
            Some(_) => return Err(WebhookError::NotHttp),
            None => return Err(WebhookError::NoUrl),
        }
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(WebhookError::NoUrl)?;
        // A port that is no number is not an error for the URL's own parser: it has none, then.
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
        let port = match place.strip_prefix(host).unwrap_or(place) {
            "" => 80,
            _ => uri.port_u16().filter(|port| *port != 0).ok_or(WebhookError::Port)?,
        };
        Ok(Self { url: url.to_owned(), place: words::name_of_place(host, port) })
    }
}

/// Takes notifications without waiting.
#[derive(Clone)]
pub(crate) struct Sender {
    queue: SyncSender<Option<Value>>,
    printer: Printer,
    place: String,
}

/// The thread that sends, to be waited for.
pub(crate) struct Sending {
    queue: SyncSender<Option<Value>>,
    done: oneshot::Receiver<()>,
}

impl Webhook {
    /// Starts the thread that sends.
    pub(crate) fn start(self, printer: Printer) -> io::Result<(Sender, Sending)> {
        let (queue, waiting) = sync_channel(MAX_WAITING);
        let (sent, done) = oneshot::channel();
        let sender =
            Sender { queue: queue.clone(), printer: printer.clone(), place: self.place.clone() };
        thread::Builder::new().name("webhook".into()).spawn(move || {
            self.send_all(&waiting, &printer);
            // Nobody may be waiting any more.
            let _ = sent.send(());
        })?;
        Ok((sender, Sending { queue, done }))
    }

    fn send_all(&self, waiting: &Receiver<Option<Value>>, printer: &Printer) {
        let config = Agent::config_builder()
            .timeout_global(Some(ANSWER_TIME))
            // The URL is for one service; neither its secret nor the alert is another's business.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .proxy(None)
            .build();
        let agent = Agent::new_with_config(config);
        while let Ok(Some(body)) = waiting.recv() {
            if let Err(reason) = self.send(&agent, &body) {
                let place = &self.place;
                printer
                    .err(format!("An alert could not be sent to the webhook at {place}: {reason}"));
            }
        }
    }

    fn send(&self, agent: &Agent, body: &Value) -> Result<(), String> {
        let request = agent.post(&self.url).header("Content-Type", "application/json");
        match request.send(body.to_string()) {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("it answered {}", answer.status().as_u16())),
            Err(ureq::Error::Io(error)) => Err(error.to_string()),
            Err(ureq::Error::Timeout(_)) => {
                Err(format!("it did not answer within {} s", ANSWER_TIME.as_secs()))
            }
            Err(ureq::Error::HostNotFound) => Err("there is no such host".into()),
            // Others might repeat the URL.
            Err(_) => Err("it does not speak HTTP as it should".into()),
        }
    }
}

impl Sender {
    /// Queues a notification; says so when there is no room for it.
    pub(crate) fn send(&self, alert: &Alert) {
        let queued = self.queue.try_send(Some(payload(alert)));
        if let Err(TrySendError::Full(_)) = queued {
            self.printer.err(format!(
                "An alert was not sent to the webhook at {}: {MAX_WAITING} others are waiting",
                self.place
            ));
        }
    }
}

impl Sending {
    /// Waits, for a bounded time and not beyond `latest`, until all notifications given so far are
    /// sent, and ends it.
    pub(crate) async fn finish(self, latest: Instant) {
        // It fails when the queue is full: a service that is stuck cannot be helped.
        let _ = self.queue.try_send(None);
        let _ = timeout_at(latest.min(Instant::now() + PATIENCE), self.done).await;
    }
}

/// A notification in the common alert schema, as
/// <https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema> has it.
#[must_use]
pub fn payload(alert: &Alert) -> Value {
    let rule = &alert.definition;
    let (condition, ended_at, value) = match alert.state {
        State::Fired => ("Fired", alert.fired_at, Some(alert.value)),
        State::Resolved => {
            let at = alert.resolved_at.unwrap_or(alert.fired_at);
            ("Resolved", at, alert.resolved_value)
        }
    };
    let started_at = ended_at.saturating_sub(rule.window).unwrap_or(ended_at);
    // Azure has one value for each dimension, because it watches each combination by itself.
    let dimensions: Vec<Value> = rule
        .dimensions
        .iter()
        .map(|(key, values)| json!({"name": key, "value": values.join(", ")}))
        .collect();
    let mut essentials = json!({
        "alertId": format!("app-insights-stand-in/alerts/{}", alert.id),
        "alertRule": alert.rule,
        "severity": format!("Sev{}", alert.severity),
        "signalType": "Metric",
        "monitorCondition": condition,
        "monitoringService": "Platform",
        "alertTargetIDs": ["app-insights-stand-in"],
        "configurationItems": ["app-insights-stand-in"],
        "originAlertId": alert.id.to_string(),
        "firedDateTime": alert.fired_at.to_string(),
        "description": rule.description,
        "essentialsVersion": "1.0",
        "alertContextVersion": "1.0",
    });
    if let Some(resolved_at) = alert.resolved_at {
        essentials["resolvedDateTime"] = json!(resolved_at.to_string());
    }
    json!({
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {
            "essentials": essentials,
            "alertContext": {
                "properties": null,
                "conditionType": "SingleResourceMultipleMetricCriteria",
                "condition": {
                    "windowSize": rule.window.to_string(),
                    "allOf": [{
                        "metricName": rule.metric.name,
                        "metricNamespace": rule.metric.namespace,
                        "operator": rule.operator.azure(),
                        // A string, as Azure has it.
                        "threshold": words::exact(rule.threshold),
                        "timeAggregation": rule.aggregation.azure(),
                        "dimensions": dimensions,
                        "metricValue": value,
                    }],
                    "windowStartTime": started_at.to_string(),
                    "windowEndTime": ended_at.to_string(),
                },
            },
            "customProperties": null,
        },
    })
}
