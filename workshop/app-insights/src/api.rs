//! Metrics and alerts as JSON, for programs.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{Json, Router, routing::get};
use serde_json::{Value, json};

use crate::{
    alerts::{Alert, Alerts},
    background::Background,
    store::{Dimensions, Metric, Store},
};

/// The most metrics in the list.
const MAX_METRICS: usize = 200;
/// The most values in the list of a dimension.
const MAX_VALUES: usize = 100;

/// The API's routes, for the guarded part of the server.
pub(crate) fn routes(store: Arc<Store>, alerts: Arc<Alerts>, background: Background) -> Router {
    let for_metrics = background.clone();
    let metrics = async move || for_metrics.respond(move || Json(metrics(&store))).await;
    let alerts = async move || background.respond(move || Json(history(&alerts))).await;
    Router::new().route("/api/metrics", get(metrics)).route("/api/alerts", get(alerts))
}

fn metrics(store: &Store) -> Value {
    let names = store.names(MAX_METRICS);
    let metrics = names.metrics.iter().map(|metric| describe(store, metric));
    json!({
        "now": store.now().to_string(),
        "grain": store.grain().to_string(),
        "metrics": metrics.collect::<Vec<_>>(),
        "more": names.more,
    })
}

fn describe(store: &Store, metric: &Metric) -> Value {
    let series = store.series(metric);
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (key, value) in series.iter().flat_map(Dimensions::iter) {
        values.entry(key).or_default().insert(value);
    }
    let dimensions = values.iter().map(|(key, values)| {
        let more = values.len().saturating_sub(MAX_VALUES);
        let values: Vec<&&str> = values.iter().take(MAX_VALUES).collect();
        json!({"key": key, "values": values, "more": more})
    });
    json!({
        "name": metric.name,
        "namespace": metric.namespace,
        "series": series.len(),
        "dimensions": dimensions.collect::<Vec<_>>(),
    })
}

fn history(alerts: &Alerts) -> Value {
    let all: Vec<Value> = alerts.history().iter().map(describe_alert).collect();
    json!({"alerts": all, "forgotten": alerts.forgotten()})
}

fn describe_alert(alert: &Alert) -> Value {
    json!({
        "id": alert.id,
        "rule": alert.rule.name,
        "severity": alert.rule.severity,
        "condition": alert.rule.condition(),
        "unit": alert.rule.value_unit(),
        "threshold": alert.rule.threshold,
        "state": alert.state,
        "value": alert.value,
        "fired_at": alert.fired_at.to_string(),
        "resolved_at": alert.resolved_at.map(|at| at.to_string()),
        "resolved_value": alert.resolved_value,
        "rule_deleted": alert.rule_deleted,
    })
}
