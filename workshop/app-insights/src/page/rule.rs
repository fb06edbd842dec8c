//! The screen of one rule: what it sees, where its threshold is, when it fired.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use chart::{Mark, MarkKind, Threshold};

use super::{
    Site,
    alerts::Card,
    draw::{Drawing, Figure},
    form::Pick,
    layout::{STILL, Shell},
    params::{Params, address},
    problem::Problem,
    site::html,
    time_range::TimeRange,
};
use crate::{format, rule::Rule};

/// `GET /alerts/rule?name=NAME`.
pub(super) async fn screen(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Response {
    site.render(move |site| show(site, &Params::of(query.as_deref()))).await
}

fn show(site: &Site, params: &Params) -> Result<Response, Problem> {
    let name = params.text("name");
    let all = site.alerts.watched().into_iter();
    let watched =
        all.into_iter().find(|w| w.rule.name == name).ok_or_else(|| Problem::no_rule(name))?;
    let rule = &watched.rule;
    let span = match params.get("range") {
        Some(text) => TimeRange::read(Some(text))?,
        None => TimeRange::for_window(rule.window),
    };
    let address = address("/alerts/rule", &[("name", &rule.name), ("range", &span.key())]);
    let still = params.get(STILL).is_some();
    let card = Card::new(&watched, &site.zone);
    let screen = Screen {
        shell: Shell::new(site, &format!("Alert rule {}", card.name), "/alerts")
            .reloading(&address, still),
        figure: draw(site, rule, span, true),
        name: rule.name.clone(),
        ranges: span.picks(),
        address,
        card,
    };
    Ok(html(StatusCode::OK, &screen))
}

#[derive(Template)]
#[template(path = "rule.html")]
struct Screen {
    shell: Shell,
    /// As a form sends it.
    name: String,
    address: String,
    ranges: Vec<Pick>,
    card: Card,
    figure: Figure,
}

/// What a rule sees, with its threshold if `threshold` is known already, and with the times at
/// which it fired and was resolved.
pub(super) fn draw(site: &Site, rule: &Rule, span: TimeRange, threshold: bool) -> Figure {
    let label = format::with_seconds(rule.threshold, rule.shown_unit());
    let of_rule = site
        .alerts
        .history()
        .into_iter()
        .filter(|alert| !alert.rule_deleted && *alert.definition == *rule);
    let marks = of_rule.flat_map(|alert| {
        let fired = Mark { at: alert.fired_at, label: "fired".to_owned(), kind: MarkKind::Fired };
        let resolved = alert.resolved_at.map(|at| Mark {
            at,
            label: "resolved".to_owned(),
            kind: MarkKind::Resolved,
        });
        std::iter::once(fired).chain(resolved)
    });
    Drawing {
        metric: &rule.metric,
        aggregation: rule.aggregation,
        split: None,
        span,
        window: Some(rule.window),
        unit: rule.shown_unit(),
        threshold: threshold
            .then(|| Threshold { value: rule.threshold, label: format!("threshold {label}") }),
        marks: marks.collect(),
        matches: &|dimensions| rule.matches(dimensions),
    }
    .draw(site)
}
