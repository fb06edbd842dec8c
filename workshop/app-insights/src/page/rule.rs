//! The screen of one rule: a chart with its threshold and its alerts.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use chart::{Mark, MarkKind, Threshold};

use super::{
    alerts::Card,
    draw::{Drawing, Figure},
    form::Pick,
    layout::{STILL, Shell, html},
    params::{Params, address},
    problem::Problem,
    range::TimeRange,
    respond::render,
    site::Site,
};
use crate::{alerts::Rule, format};

/// `GET /alerts/rule?name=NAME`.
pub(super) async fn screen(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Response {
    render(site, move |site| show(site, &Params::of(query.as_deref()))).await
}

fn show(site: &Site, params: &Params) -> Result<Response, Problem> {
    let name = params.text("name");
    let all = site.alerts.watched().into_iter();
    let watched =
        all.into_iter().find(|w| w.rule.name == name).ok_or_else(|| Problem::no_rule(name))?;
    let rule = &watched.rule;
    let range = match params.get("range") {
        Some(text) => TimeRange::read(Some(text))?,
        None => TimeRange::for_window(rule.window),
    };
    let address = address("/alerts/rule", &[("name", &rule.name), ("range", &range.key())]);
    let still = params.get(STILL).is_some();
    let card = Card::new(&watched, &site.zone);
    let screen = Screen {
        shell: Shell::new(site, &format!("Alert rule {}", card.name), "/alerts")
            .reloading(&address, still),
        figure: draw(site, rule, range),
        name: rule.name.clone(),
        ranges: range.picks(),
        address,
        card,
    };
    Ok(html(StatusCode::OK, &screen))
}

#[derive(Template)]
#[template(path = "rule.html")]
struct Screen {
    shell: Shell,
    /// The unescaped name for the form.
    name: String,
    address: String,
    ranges: Vec<Pick>,
    card: Card,
    figure: Figure,
}

/// Draws the values of a rule, with its threshold, if the rule has one, and its alerts.
pub(super) fn draw(site: &Site, rule: &Rule, range: TimeRange) -> Figure {
    let history = site.alerts.history().into_iter();
    let of_rule = history.filter(|alert| !alert.rule_deleted && *alert.rule == *rule);
    let marks = of_rule.flat_map(|alert| {
        let fired = Mark { at: alert.fired_at, label: "fired".to_owned(), kind: MarkKind::Fired };
        let resolved = alert.resolved_at.map(|at| Mark {
            at,
            label: "resolved".to_owned(),
            kind: MarkKind::Resolved,
        });
        std::iter::once(fired).chain(resolved)
    });
    let label = format::with_seconds(rule.threshold, rule.value_unit());
    let threshold = Threshold { value: rule.threshold, label: format!("threshold {label}") };
    Drawing {
        metric: &rule.metric,
        aggregation: rule.aggregation,
        split: None,
        range,
        window: Some(rule.window),
        unit: rule.value_unit(),
        threshold: rule.threshold.is_finite().then_some(threshold),
        marks: marks.collect(),
        matches: &|dimensions| rule.matches(dimensions),
    }
    .draw(site)
}
