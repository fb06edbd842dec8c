//! The Metrics screen: one metric over time.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{
    draw::{Drawing, Figure},
    form::{self, Pick, metric_label},
    layout::{STILL, Shell, html},
    params::{Params, address, find_metric, metric_key},
    problem::Problem,
    range::TimeRange,
    respond::render,
    site::Site,
};
use crate::{
    format::{on_page, visible},
    store::{Aggregation, Metric, Status, UnknownAggregation},
};

/// The maximum number of options in a list of metrics or dimensions.
pub(super) const MAX_OFFERED: usize = 200;

/// `GET /`.
pub(super) async fn screen(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Response {
    render(site, move |site| show(site, &Params::of(query.as_deref()))).await
}

fn show(site: &Site, params: &Params) -> Result<Response, Problem> {
    let shell = Shell::new(site, "Metrics", "/");
    let still = params.get(STILL).is_some();
    let metric = match params.get("metric") {
        Some(key) => find_metric(&site.store, key)?,
        None => match site.first_metric() {
            Some(metric) => metric,
            None => return Ok(nothing_yet(site, shell.reloading("/", still))),
        },
    };
    let choice = Choice::read(site, params, metric)?;
    let shell = shell.reloading(&choice.address("/"), still);
    Ok(html(StatusCode::OK, &Screen::new(site, shell, &choice)))
}

fn nothing_yet(site: &Site, shell: Shell) -> Response {
    html(StatusCode::OK, &Nothing { shell, connection: &site.connection })
}

/// The choices in the form.
struct Choice {
    metric: Metric,
    aggregation: Aggregation,
    /// The keys of the metric's dimensions.
    keys: Vec<String>,
    split: Option<String>,
    range: TimeRange,
}

impl Choice {
    fn read(site: &Site, params: &Params, metric: Metric) -> Result<Self, Problem> {
        let range = TimeRange::read(params.get("range"))?;
        let aggregation = match params.get("aggregation") {
            Some(word) => aggregation(word)?,
            None => default_aggregation(site, &metric),
        };
        let keys = site.store.keys(&metric, MAX_OFFERED);
        // The dimension may belong to the previously chosen metric. In this case, there is no
        // split.
        let split = params
            .get("split")
            .and_then(|split| keys.iter().find(|key| visible(key) == split).cloned());
        Ok(Self { metric, aggregation, keys, split, range })
    }

    fn address(&self, path: &str) -> String {
        let split = self.split.as_deref().map(visible).unwrap_or_default();
        let fields = [
            ("metric", &*metric_key(&self.metric)),
            ("aggregation", &self.aggregation.to_string()),
            ("split", &split),
            ("range", &self.range.key()),
        ];
        address(path, &fields)
    }
}

fn aggregation(word: &str) -> Result<Aggregation, Problem> {
    word.parse().map_err(|error: UnknownAggregation| {
        Problem::missing(format!("{error}, not “{}”.", on_page(word)))
    })
}

/// The average if the metric has one, otherwise the sum, as in Azure's charts.
pub(super) fn default_aggregation(site: &Site, metric: &Metric) -> Aggregation {
    if site.store.has_average(metric) { Aggregation::Average } else { Aggregation::Sum }
}

#[derive(Template)]
#[template(path = "nothing.html")]
struct Nothing<'a> {
    shell: Shell,
    connection: &'a str,
}

#[derive(Template)]
#[template(path = "metrics.html")]
struct Screen {
    shell: Shell,
    address: String,
    rule: String,
    metrics: Vec<Pick>,
    more_metrics: usize,
    aggregations: Vec<Pick>,
    splits: Vec<Pick>,
    ranges: Vec<Pick>,
    metric: String,
    split: String,
    unit: String,
    figure: Figure,
    status: Status,
}

impl Screen {
    fn new(site: &Site, shell: Shell, choice: &Choice) -> Self {
        let unit = site.unit_of(&choice.metric);
        let drawing = Drawing {
            metric: &choice.metric,
            aggregation: choice.aggregation,
            split: choice.split.as_deref(),
            range: choice.range,
            window: None,
            unit: if choice.aggregation == Aggregation::Count { "" } else { &unit },
            threshold: None,
            marks: Vec::new(),
            matches: &|_| true,
        };
        let names = site.store.names(MAX_OFFERED);
        let key = metric_key(&choice.metric);
        let aggregation = choice.aggregation.to_string();
        let split = choice.split.as_deref().unwrap_or_default();
        Self {
            address: choice.address("/"),
            rule: address("/alerts/new", &[("metric", &key), ("aggregation", &aggregation)]),
            metrics: form::metrics(&names, &choice.metric),
            more_metrics: names.more,
            aggregations: form::aggregations(choice.aggregation),
            splits: form::dimensions(&choice.keys, "no split", split),
            ranges: choice.range.picks(),
            metric: metric_label(&choice.metric),
            split: if split.is_empty() { String::new() } else { on_page(split) },
            figure: drawing.draw(site),
            unit: if unit.is_empty() { unit } else { on_page(&unit) },
            status: site.store.status(),
            shell,
        }
    }
}
