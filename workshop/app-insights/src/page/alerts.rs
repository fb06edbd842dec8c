//! The Alerts screen: all rules with their state, and the history of alerts.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    layout::{STILL, Shell, html},
    params::{Params, address},
    respond::render,
    site::Site,
    transactions,
};
use crate::{
    alerts::{Alert, MAX_DESCRIPTION, QUIET_TO_RESOLVE, Rule, Watched},
    format::{self, cut, on_page},
};

/// The maximum number of alerts in the history on the screen.
const MAX_SHOWN: usize = 100;

/// `GET /alerts`.
pub(super) async fn screen(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Response {
    render(site, move |site| {
        let still = Params::of(query.as_deref()).get(STILL).is_some();
        let watched = site.alerts.watched();
        let history = site.alerts.history();
        let more = history.len().saturating_sub(MAX_SHOWN);
        let screen = Screen {
            shell: Shell::new(site, "Alerts", "/alerts").reloading("/alerts", still),
            fired: watched.iter().filter(|watched| watched.alert.is_some()).count(),
            cards: watched.iter().map(|watched| Card::new(watched, &site.zone)).collect(),
            past: history
                .iter()
                .take(MAX_SHOWN)
                .map(|alert| Past::new(alert, &watched, site))
                .collect(),
            more,
            forgotten: site.alerts.forgotten(),
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

/// A rule and its state.
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
    pub(super) state: RuleState,
    /// The link to the requests of the rule's alert.
    pub(super) requests: Option<Requests>,
}

/// A link to the requests in the window in which an alert fired.
pub(super) struct Requests {
    pub(super) href: String,
    pub(super) text: &'static str,
}

impl Requests {
    fn of(alert: &Alert) -> Self {
        let (href, slow) = transactions::of_alert(alert);
        Self { href, text: if slow { "Slow requests" } else { "Requests" } }
    }
}

/// The state of a rule as text, as a shape, and as a class for a color.
pub(super) struct RuleState {
    pub(super) text: String,
    pub(super) shape: &'static str,
    pub(super) class: &'static str,
}

impl Card {
    pub(super) fn new(watched: &Watched, zone: &TimeZone) -> Self {
        let rule = &watched.rule;
        Self {
            name: on_page(&rule.name),
            href: rule_address(rule),
            delete: address("/alerts/delete", &[("name", &rule.name)]),
            description: if rule.description.is_empty() {
                String::new()
            } else {
                cut(&rule.description, MAX_DESCRIPTION)
            },
            condition: rule.condition(),
            severity: severity(rule.severity),
            frequency: format::duration(rule.frequency),
            value: match watched.last {
                Some(last) => value(last.value, rule.value_unit()),
                None => "not evaluated yet".to_owned(),
            },
            evaluated: watched.last.map(|last| clock(last.at, zone)).unwrap_or_default(),
            state: RuleState::new(watched),
            requests: watched.alert.as_ref().map(Requests::of),
        }
    }
}

impl RuleState {
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

/// An alert in the history.
struct Past {
    resolved: bool,
    state: &'static str,
    rule: String,
    /// The address of the rule's screen, if the rule still exists.
    href: String,
    condition: String,
    fired: String,
    ended: String,
    value: String,
    duration: String,
    requests: Requests,
}

impl Past {
    fn new(alert: &Alert, watched: &[Watched], site: &Site) -> Self {
        // A new rule that equals a deleted rule is a different rule.
        let exists = watched.iter().any(|watched| Arc::ptr_eq(&watched.rule, &alert.rule));
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
            rule: on_page(&alert.rule.name),
            href: if exists { rule_address(&alert.rule) } else { String::new() },
            condition: alert.rule.condition(),
            fired: clock(alert.fired_at, &site.zone),
            ended,
            value: value(Some(alert.value), alert.rule.value_unit()),
            duration: if alert.rule_deleted {
                "unknown".to_owned()
            } else {
                format::duration(SignedDuration::from_secs(seconds))
            },
            requests: Requests::of(alert),
        }
    }
}

pub(super) fn rule_address(rule: &Rule) -> String {
    address("/alerts/rule", &[("name", &rule.name)])
}

fn value(value: Option<f64>, unit: &str) -> String {
    value.map_or_else(|| "no data".to_owned(), |v| format::with_unit(&format::number(v), unit))
}

/// A severity with Azure's name for it.
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
