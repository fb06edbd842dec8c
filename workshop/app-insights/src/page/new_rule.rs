//! The screen with the form for a new rule, and a preview.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{RawQuery, Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use super::{
    draft::{Draft, Errors},
    draw::Figure,
    form::{self, Pick},
    layout::{Shell, html},
    metrics::MAX_OFFERED,
    params::Params,
    range::TimeRange,
    respond::{read_form, render},
    rule,
    site::Site,
};

/// `GET /alerts/new`: the form, and a preview of the rule.
pub(super) async fn screen(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Response {
    render(site, move |site| {
        let params = Params::of(query.as_deref());
        let (draft, errors) = Draft::begin(site, &params);
        Ok(html(StatusCode::OK, &Screen::new(site, &draft, errors)))
    })
    .await
}

/// `POST /alerts/new`: saves the rule, or shows the form again with its errors.
pub(super) async fn save(State(site): State<Arc<Site>>, request: Request) -> Response {
    let params = match read_form(&site, request).await {
        Ok(params) => params,
        Err(problem) => return problem.respond(&site),
    };
    render(site, move |site| Ok(save_rule(site, &params))).await
}

fn save_rule(site: &Site, params: &Params) -> Response {
    let draft = Draft::read(site, params);
    let mut errors = draft.errors(site);
    if errors.is_empty() {
        match site.alerts.add(draft.rule.clone()) {
            Ok(()) => return Redirect::to("/alerts").into_response(),
            Err(error) => errors = Errors::refused(error),
        }
    }
    html(StatusCode::UNPROCESSABLE_ENTITY, &Screen::new(site, &draft, errors))
}

#[derive(Template)]
#[template(path = "new_rule.html")]
struct Screen<'a> {
    shell: Shell,
    draft: &'a Draft,
    errors: Errors,
    metrics: Vec<Pick>,
    aggregations: Vec<Pick>,
    operators: Vec<Pick>,
    windows: Vec<Pick>,
    frequencies: Vec<Pick>,
    severities: Vec<Pick>,
    keys: Vec<Pick>,
    condition: String,
    figure: Option<Figure>,
}

impl<'a> Screen<'a> {
    fn new(site: &Site, draft: &'a Draft, errors: Errors) -> Self {
        let rule = &draft.rule;
        let grain = site.store.grain().as_secs();
        let keys = site.store.keys(&rule.metric, MAX_OFFERED);
        let offered = site.store.names(MAX_OFFERED);
        let figure = draft
            .can_be_drawn(site)
            .then(|| rule::draw(site, rule, TimeRange::for_window(rule.window)));
        let times = |all: [i64; 9], chosen: i64| {
            let fits = |seconds: &i64| *seconds >= grain && seconds % grain == 0;
            let mut all: Vec<i64> = all.into_iter().chain([grain, chosen]).filter(fits).collect();
            all.sort_unstable();
            all.dedup();
            form::durations(all, chosen)
        };
        let (window, frequency) = (rule.window.as_secs(), rule.frequency.as_secs());
        Self {
            shell: Shell::new(site, "New alert rule", "/alerts"),
            metrics: form::metrics(&offered, &rule.metric),
            aggregations: form::aggregations(rule.aggregation),
            operators: form::operators(rule.operator),
            windows: times([30, 60, 300, 900, 1800, 3600, 21600, 43200, 86400], window),
            frequencies: times([30, 60, 120, 300, 600, 900, 1800, 3600, 3600], frequency),
            severities: form::severities(rule.severity),
            keys: form::dimensions(&keys, "all series", &draft.key),
            condition: if draft.has_threshold() { rule.condition() } else { String::new() },
            figure,
            draft,
            errors,
        }
    }
}
