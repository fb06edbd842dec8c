//! The JSON API, which is read-only: metrics and alerts, for programs.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    alerts::Alert,
    app::App,
    metric::{Dimensions, Metric},
    store::Store,
};

/// The most metrics that a list names.
const MAX_METRICS: usize = 200;
/// The most values that a list names for a dimension.
const MAX_VALUES: usize = 100;

/// The API's routes, for the guarded part of the server.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/api/metrics", get(metrics))
        .route("/api/alerts", get(alerts))
        .route("/api", any(not_found))
        .route("/api/", any(not_found))
        .route("/api/{*path}", any(not_found))
        .method_not_allowed_fallback(async || {
            error(StatusCode::METHOD_NOT_ALLOWED, "The API is read-only: use GET")
        })
}

/// `GET /api/metrics`.
async fn metrics(State(app): State<App>) -> Response {
    in_background(app, |app| {
        let all = app.store.metrics();
        let shown = all.keys().take(MAX_METRICS);
        json!({
            "now": app.store.now().to_string(),
            "grain": app.store.grain().to_string(),
            "metrics": shown.map(|metric| describe(&app.store, metric)).collect::<Vec<_>>(),
            "more": all.len().saturating_sub(MAX_METRICS),
        })
    })
    .await
}

/// `GET /api/alerts`.
async fn alerts(State(app): State<App>) -> Response {
    in_background(app, |app| {
        let alerts: Vec<Value> = app.alerts.history().iter().map(describe_alert).collect();
        json!({"alerts": alerts, "forgotten": app.alerts.status().forgotten})
    })
    .await
}

async fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "Use /api/metrics or /api/alerts")
}

/// An error as JSON. `sentence` says what to do.
pub(crate) fn error(status: StatusCode, sentence: &str) -> Response {
    answer(status, &json!({"error": sentence}))
}

fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    // Numbers, strings and lists always have a JSON form.
    let json = serde_json::to_vec(body).unwrap_or_default();
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, json).into_response()
}

async fn in_background(app: App, make: impl FnOnce(&App) -> Value + Send + 'static) -> Response {
    let background = app.background.clone();
    let respond = move || answer(StatusCode::OK, &make(&app));
    let failed = || error(StatusCode::INTERNAL_SERVER_ERROR, "The stand-in failed");
    background.run(respond).await.unwrap_or_else(failed)
}

fn describe(store: &Store, metric: &Metric) -> Value {
    let series = store.series(metric);
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (key, value) in series.iter().flat_map(Dimensions::iter) {
        values.entry(key).or_default().insert(value);
    }
    let dimensions = values.iter().map(|(key, values)| {
        let more = values.len().saturating_sub(MAX_VALUES);
        let values: Vec<_> = values.iter().take(MAX_VALUES).collect();
        json!({"key": key, "values": values, "more": more})
    });
    json!({
        "name": metric.name,
        "namespace": metric.namespace,
        "series": series.len(),
        "dimensions": dimensions.collect::<Vec<_>>(),
    })
}

fn describe_alert(alert: &Alert) -> Value {
    json!({
        "id": alert.id,
        "rule": alert.rule,
        "severity": alert.severity,
        "condition": alert.condition,
        "unit": alert.unit,
        "threshold": alert.threshold,
        "state": alert.state,
        "value": alert.value,
        "fired_at": alert.fired_at.to_string(),
        "resolved_at": alert.resolved_at.map(|at| at.to_string()),
        "resolved_value": alert.resolved_value,
        "rule_deleted": alert.rule_deleted,
    })
}
