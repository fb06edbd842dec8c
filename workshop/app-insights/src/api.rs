//! Metrics, alerts and transactions as JSON, for programs.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    Json, Router,
    extract::{Path, RawQuery},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use crate::{
    alerts::{Alert, Alerts},
    background::Background,
    format,
    page::Params,
    store::{Dimensions, Entry, Metric, Store, Tally},
    transactions::{Filter, Note, Row, Tree, What},
};

/// The maximum number of metrics in the list.
const MAX_METRICS: usize = 200;
/// The maximum number of values in the list for a dimension.
const MAX_VALUES: usize = 100;

/// The maximum number of items in the list and in a transaction.
const MAX_ITEMS: usize = 1000;

/// The API's routes, for the guarded part of the server.
pub(crate) fn routes(store: Arc<Store>, alerts: Arc<Alerts>, background: Background) -> Router {
    let [for_metrics, for_list, for_one] = [(); 3].map(|()| background.clone());
    let [list_store, one_store] = [(); 2].map(|()| Arc::clone(&store));
    let metrics = async move || for_metrics.respond(move || Json(metrics(&store))).await;
    let alerts = async move || background.respond(move || Json(history(&alerts))).await;
    let list = async move |RawQuery(query): RawQuery| {
        for_list.respond(move || list(&list_store, &Params::of(query.as_deref()))).await
    };
    let one = async move |Path(operation): Path<String>| {
        for_one.respond(move || transaction(&one_store, &operation)).await
    };
    Router::new()
        .route("/api/metrics", get(metrics))
        .route("/api/alerts", get(alerts))
        .route("/api/transactions", get(list))
        .route("/api/transactions/{operation}", get(one))
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

fn list(store: &Store, params: &Params) -> Response {
    let filter = match Filter::read(|name| params.get(name)) {
        Ok(filter) => filter,
        Err(error) => {
            return (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response();
        }
    };
    let found = store.find(MAX_ITEMS, filter.test(store.now()));
    let kept = store.kept();
    let ignored: BTreeMap<&str, u64> = Tally::iter(&kept.ignored).collect();
    Json(json!({
        "now": store.now().to_string(),
        "items": found.entries.iter().map(|entry| describe_entry(entry)).collect::<Vec<_>>(),
        "more": found.more,
        "stands_for": found.count,
        "held": {"items": kept.entries, "bytes": kept.bytes, "dropped": kept.dropped},
        "ignored": ignored,
    }))
    .into_response()
}

fn transaction(store: &Store, operation: &str) -> Response {
    let entries = if operation.is_empty() { Vec::new() } else { store.transaction(operation) };
    let Some(tree) = Tree::new(entries) else {
        let error = json!({"error": "There is no such transaction"});
        return (StatusCode::NOT_FOUND, Json(error)).into_response();
    };
    let items: Vec<Value> = tree.rows.iter().take(MAX_ITEMS).map(describe_row).collect();
    Json(json!({
        "operation": operation,
        "start": tree.start.to_string(),
        "duration_ms": format::millis(tree.start.duration_until(tree.end)),
        "items": items,
        "more": tree.rows.len().saturating_sub(MAX_ITEMS),
    }))
    .into_response()
}

fn describe_row(row: &Row) -> Value {
    let mut item = match &row.what {
        What::Entry(entry) => describe_entry(entry),
        What::Missing(id) => json!({"kind": "missing", "id": id}),
    };
    item["depth"] = row.depth.into();
    item["note"] = match row.note {
        None => Value::Null,
        Some(Note::Circle) => "circle".into(),
        Some(Note::Early(_)) => "before its parent".into(),
        Some(Note::Late(_)) => "after its parent".into(),
    };
    item
}

fn describe_entry(entry: &Entry) -> Value {
    json!({
        "kind": entry.kind.to_string(),
        "time": entry.time.to_string(),
        "duration_ms": entry.kind.is_span().then(|| format::millis(entry.duration)),
        "operation": entry.operation,
        "id": entry.id,
        "parent": entry.parent,
        "role": entry.role,
        "text": entry.text,
        "code": entry.code,
        "failed": entry.failed,
        "severity": entry.severity,
        "stands_for": entry.count,
        "details": entry.details,
    })
}
