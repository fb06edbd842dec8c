//! Metrics and their points, as JSON.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::in_background;
use crate::{
    aggregation::Aggregation,
    metric::{DEFAULT_NAMESPACE, Dimensions, Metric},
    server::App,
    store::{Grain, Split, Store},
    words,
};

/// The most metrics that a list names.
const MAX_METRICS: usize = 200;
/// The most values that a list names for a dimension.
const MAX_VALUES: usize = 100;
/// The most lines into which points are split.
const MAX_LINES: usize = 20;
/// The most grains between `from` and `to`.
const MAX_GRAINS: i32 = 2000;
/// How far back points go unless told otherwise.
const USUAL_RANGE: SignedDuration = SignedDuration::from_mins(30);

/// `GET /api/metrics`.
pub(super) async fn list(State(app): State<App>) -> Response {
    in_background(app, |app| Ok(metrics(&app.store))).await
}

/// `GET /api/points?metric=NAME&...`.
pub(super) async fn points(State(app): State<App>, RawQuery(query): RawQuery) -> Response {
    in_background(app, move |app| {
        let request = Request::read(query.as_deref().unwrap_or_default(), &app.store)?;
        Ok(request.answer(&app.store))
    })
    .await
}

fn metrics(store: &Store) -> Value {
    let all = store.metrics();
    let told: Vec<Value> =
        all.keys().take(MAX_METRICS).map(|metric| describe(store, metric)).collect();
    json!({
        "now": store.now().to_string(),
        "grain": store.grain().to_string(),
        "metrics": told,
        "more": all.len().saturating_sub(MAX_METRICS),
    })
}

fn describe(store: &Store, metric: &Metric) -> Value {
    let series = store.series(metric);
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (key, value) in series.iter().flat_map(Dimensions::iter) {
        values.entry(key).or_default().insert(value);
    }
    let dimensions: Vec<Value> = values
        .iter()
        .map(|(key, values)| {
            let more = values.len().saturating_sub(MAX_VALUES);
            let values: Vec<&&str> = values.iter().take(MAX_VALUES).collect();
            json!({"key": key, "values": values, "more": more})
        })
        .collect();
    json!({
        "name": metric.name,
        "namespace": metric.namespace,
        "series": series.len(),
        "dimensions": dimensions,
    })
}

/// What is asked of [`points`].
struct Request {
    metric: Metric,
    aggregation: Aggregation,
    split: Option<String>,
    range: Range<Timestamp>,
}

impl Request {
    fn read(query: &str, store: &Store) -> Result<Self, String> {
        let mut metric = None;
        let mut namespace = None;
        let mut aggregation = Aggregation::Average;
        let mut split = None;
        let (mut from, mut to) = (None, None);
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "metric" => metric = Some(value),
                "namespace" => namespace = Some(value),
                "aggregation" => aggregation = value.parse().map_err(words::sentence)?,
                "split" => split = Some(value.into_owned()),
                "from" => from = Some(time("from", &value)?),
                "to" => to = Some(time("to", &value)?),
                _ => {
                    return Err("There are metric, namespace, aggregation, split, from and to: \
                                leave out anything else"
                        .into());
                }
            }
        }
        let name = metric.ok_or("Name a metric: /api/points?metric=request-latency")?;
        let namespace = namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE);
        let metric = Metric { namespace: namespace.into(), name: (&*name).into() };
        let to = to.unwrap_or_else(|| store.now());
        let usual = || to.saturating_sub(USUAL_RANGE).unwrap_or(Timestamp::MIN);
        let range = from.unwrap_or_else(usual)..to;
        if range.is_empty() {
            return Err("from must be before to".into());
        }
        let grains =
            range.start.duration_until(range.end).as_secs() / store.grain().as_secs().max(1);
        if grains > MAX_GRAINS.into() {
            let most = words::span(store.grain() * MAX_GRAINS);
            return Err(format!("From from to to may be at most {most}: ask for less at a time"));
        }
        Ok(Self { metric, aggregation, split, range })
    }

    fn answer(&self, store: &Store) -> Value {
        let range = self.range.clone();
        let split = match &self.split {
            None => {
                let grains = store.query(&self.metric, range, |_| true);
                Split { parts: vec![(None, grains)], more: 0 }
            }
            // Series that do not have the dimension are a line of their own.
            Some(key) => store.split(&self.metric, range, key, MAX_LINES, |_| true),
        };
        let lines: Vec<Value> = split.parts.into_iter().map(|part| self.line(part)).collect();
        json!({
            "metric": self.metric.name,
            "namespace": self.metric.namespace,
            "aggregation": self.aggregation,
            "split": self.split,
            "grain": store.grain().to_string(),
            "from": self.range.start.to_string(),
            "to": self.range.end.to_string(),
            "lines": lines,
            "more": split.more,
        })
    }

    fn line(&self, (value, grains): (Option<String>, Vec<Grain>)) -> Value {
        let points = grains.iter().filter_map(|grain| {
            let value = self.aggregation.of(&grain.aggregate)?;
            Some(json!({"time": grain.start.to_string(), "value": value}))
        });
        json!({"value": value, "points": points.collect::<Vec<_>>()})
    }
}

fn time(what: &str, text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| format!("Write {what} as a time with a zone: 2026-11-22T12:00:00Z"))
}
