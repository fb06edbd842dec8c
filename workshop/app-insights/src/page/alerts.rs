//! The Alerts screen: all rules and how they stand, and what has fired.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    Site,
    layout::{STILL, Shell},
    names::{cut, shown},
    params::{Params, address},
    site::html,
};
use crate::{
    alerts::{Alert, QUIET_TO_RESOLVE, Watched},
    format,
    rule::Rule,
};

/// The most alerts of the history that are shown.
const MAX_SHOWN: usize = 100;

/// `GET /alerts`.
pub(super) async fn screen(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Response {
    site.render(move |site| {
        let still = Params::of(query.as_deref()).get(STILL).is_some();
        let watched = site.alerts.watched();
        let history = site.alerts.history();
        let more = history.len().saturating_sub(MAX_SHOWN);
        let rules: Vec<&Rule> = watched.iter().map(|watched| &watched.rule).collect();
        let screen = Screen {
            shell: Shell::new(site, "Alerts", "/alerts").reloading("/alerts", still),
            fired: watched.iter().filter(|watched| watched.alert.is_some()).count(),
            cards: watched.iter().map(|watched| Card::new(watched, &site.zone)).collect(),
            past: history
                .iter()
                .take(MAX_SHOWN)
                .map(|alert| Past::new(alert, &rules, site))
                .collect(),
            more,
            forgotten: site.alerts.status().forgotten,
        };
        Ok(html(StatusCode::OK, &screen))
    })
    .await
}

#[derive(Template)]
#[template(path = "alerts.html")]
struct Screen {
    shell: Shell,
    fired: usize,
    cards: Vec<Card>,
    past: Vec<Past>,
    more: usize,
    forgotten: u64,
}

/// How a rule stands.
pub(super) struct Card {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) delete: String,
    pub(super) description: String,
    pub(super) condition: String,
    pub(super) severity: String,
    pub(super) frequency: String,
    pub(super) value: String,
    pub(super) evaluated: String,
    pub(super) standing: Standing,
}

/// A rule's state: in words, as a shape, and as a class for a colour.
pub(super) struct Standing {
    pub(super) text: String,
    pub(super) shape: &'static str,
    pub(super) class: &'static str,
}

impl Card {
    pub(super) fn new(watched: &Watched, zone: &TimeZone) -> Self {
        let rule = &watched.rule;
        Self {
            name: shown(&rule.name),
            href: rule_address(rule),
            delete: address("/alerts/delete", &[("name", &rule.name)]),
            description: if rule.description.is_empty() {
                String::new()
            } else {
                cut(&rule.description, crate::rule::MAX_DESCRIPTION)
            },
            condition: rule.condition(),
            severity: severity(rule.severity),
            frequency: format::duration(rule.frequency),
            value: match watched.last {
                Some(last) => value(last.value, rule.shown_unit()),
                None => "not evaluated yet".to_owned(),
            },
            evaluated: watched.last.map(|last| clock(last.at, zone)).unwrap_or_default(),
            standing: Standing::new(watched),
        }
    }
}

impl Standing {
    fn new(watched: &Watched) -> Self {
        let (text, shape, class) = match (&watched.alert, watched.last) {
            (Some(_), _) if watched.quiet == 0 => {
                let text = format!(
                    "Fired. It resolves after {QUIET_TO_RESOLVE} quiet evaluations in a row"
                );
                (text, "▲", "fired")
            }
            (Some(_), _) => {
                let (quiet, left) = (watched.quiet, QUIET_TO_RESOLVE - watched.quiet);
                let text = format!(
                    "Fired. {quiet} of {QUIET_TO_RESOLVE} quiet evaluations in a row, {left} more \
                     until it resolves"
                );
                (text, "▲", "fired")
            }
            (None, None) => ("Not evaluated yet".to_owned(), "○", "unknown"),
            (None, Some(last)) if last.value.is_none() => {
                ("Not fired: no data in its window".to_owned(), "○", "unknown")
            }
            (None, Some(_)) => ("Not fired".to_owned(), "✓", "calm"),
        };
        Self { text, shape, class }
    }
}

/// An alert, over or not.
struct Past {
    resolved: bool,
    state: &'static str,
    rule: String,
    /// The rule's screen, if it still is that rule.
    href: String,
    condition: String,
    fired: String,
    ended: String,
    value: String,
    duration: String,
}

impl Past {
    fn new(alert: &Alert, rules: &[&Rule], site: &Site) -> Self {
        // A new rule that is just like it is another rule.
        let exists = !alert.rule_deleted && rules.contains(&&*alert.definition);
        let until = alert.resolved_at.unwrap_or_else(|| site.store.now());
        let ended = match alert.resolved_at {
            Some(at) => clock(at, &site.zone),
            None if alert.rule_deleted => "never: the rule was deleted".to_owned(),
            None => "not yet".to_owned(),
        };
        let seconds = alert.fired_at.duration_until(until).as_secs().max(0);
        Self {
            resolved: alert.resolved_at.is_some(),
            state: match alert.resolved_at {
                Some(_) => "Resolved",
                None if alert.rule_deleted => "Ended",
                None => "Fired",
            },
            rule: shown(&alert.rule),
            href: if exists { rule_address(&alert.definition) } else { String::new() },
            condition: alert.condition.clone(),
            fired: clock(alert.fired_at, &site.zone),
            ended,
            value: value(Some(alert.value), &alert.unit),
            duration: if alert.rule_deleted {
                "unknown".to_owned()
            } else {
                format::duration(SignedDuration::from_secs(seconds))
            },
        }
    }
}

pub(super) fn rule_address(rule: &Rule) -> String {
    address("/alerts/rule", &[("name", &rule.name)])
}

fn value(value: Option<f64>, unit: &str) -> String {
    value.map_or_else(|| "no data".to_owned(), |v| format::with_unit(&format::number(v), unit))
}

/// A severity with Azure's word for it.
pub(super) fn severity(severity: u8) -> String {
    let word = match severity {
        0 => "critical",
        1 => "error",
        2 => "warning",
        3 => "informational",
        _ => "verbose",
    };
    format!("{severity} ({word})")
}

fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%F %T").to_string()
}
