//! The Transactions screen: the requests of the last minutes, or other items.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    entry,
    form::{Pick, capital},
    layout::{STILL, Shell, html},
    params::{Params, address},
    problem::Problem,
    respond::render,
    site::Site,
};
use crate::{
    alerts::{Alert, Operator},
    format::{self, cut, on_page},
    store::{Aggregation, Entry, KEPT, Kept, Kind},
    transactions::{Filter, Range},
};

/// The maximum number of items in the list.
const MAX_SHOWN: usize = 100;
/// The number of characters of a transaction's id in the list.
const SHORT: usize = 8;

/// `GET /transactions`.
pub(super) async fn screen(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Response {
    render(site, move |site| show(site, &Params::of(query.as_deref()))).await
}

fn show(site: &Site, params: &Params) -> Result<Response, Problem> {
    let filter = Filter::read(|name| params.get(name)).map_err(Problem::missing)?;
    let found = site.store.find(MAX_SHOWN, filter.test(site.store.now()));
    let kept = site.store.kept();
    let mut names = entry::Names::default();
    let address = filter_address(&filter);
    let all = found.entries.len() + found.more;
    let still = params.get(STILL).is_some();
    let screen = Screen {
        shell: Shell::new(site, "Transactions", "/transactions").reloading(&address, still),
        kinds: kinds(filter.kind),
        slower: filter.slower.map(format::exact).unwrap_or_default(),
        ranges: ranges(filter.range, &site.zone),
        matching: filter.kind.map_or_else(|| format!("{all} items"), |kind| kind.counted(all)),
        sampled: (found.count > all as u64).then_some(found.count),
        lines: found.entries.iter().map(|it| Line::new(it, &site.zone, &mut names)).collect(),
        more: found.more,
        minutes: KEPT.as_mins(),
        ignored: kept.ignored.iter().map(|(name, count)| (on_page(name), count)).collect(),
        kept,
        address,
        filter,
    };
    Ok(html(StatusCode::OK, &screen))
}

#[derive(Template)]
#[template(path = "transactions.html")]
struct Screen {
    shell: Shell,
    address: String,
    filter: Filter,
    slower: String,
    kinds: Vec<Pick>,
    ranges: Vec<Pick>,
    matching: String,
    /// The number of items that the matching items represent, if it is a different number.
    sampled: Option<u64>,
    lines: Vec<Line>,
    more: usize,
    minutes: i64,
    kept: Kept,
    /// The types of items that are only counted.
    ignored: Vec<(String, u64)>,
}

/// An item in the list.
struct Line {
    id: String,
    time: String,
    instant: String,
    kind: Kind,
    name: String,
    /// The address of its transaction, if it has one.
    href: String,
    duration: String,
    result: String,
    failed: bool,
    process: String,
    operation: String,
}

impl Line {
    fn new(entry: &Entry, zone: &TimeZone, names: &mut entry::Names) -> Self {
        let known = !entry.operation.is_empty();
        Self {
            id: names.next(entry),
            time: entry.time.to_zoned(zone.clone()).strftime("%F %T%.3f").to_string(),
            instant: entry.time.to_string(),
            kind: entry.kind,
            name: on_page(entry::first_line(&entry.text)),
            href: if known { entry::address_of(&entry.operation) } else { String::new() },
            duration: entry::duration(entry),
            result: entry::result(entry),
            failed: entry.failed,
            process: entry::process(&entry.role),
            operation: if known { cut(&entry.operation, SHORT) } else { "none".to_owned() },
        }
    }
}

fn kinds(chosen: Option<Kind>) -> Vec<Pick> {
    let any = Pick {
        value: Filter::ANY.to_owned(),
        label: "Everything".to_owned(),
        chosen: chosen.is_none(),
    };
    let pick = |kind: Kind| Pick {
        value: kind.to_string(),
        label: match kind {
            Kind::Dependency => "Dependencies".to_owned(),
            _ => format!("{}s", capital(&kind.to_string())),
        },
        chosen: chosen == Some(kind),
    };
    Kind::ALL.map(pick).into_iter().chain([any]).collect()
}

fn ranges(chosen: Range, zone: &TimeZone) -> Vec<Pick> {
    let label = |range: Range| match range {
        Range::Last(minutes) => {
            format!("Last {}", format::duration(SignedDuration::from_mins(minutes)))
        }
        Range::Between(from, until) => {
            let time = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%T").to_string();
            format!("{} to {}", time(from), time(until))
        }
    };
    let other = (!Range::ALL.contains(&chosen)).then_some(chosen);
    let all = other.into_iter().chain(Range::ALL);
    let pick = |range: Range| Pick {
        value: range.to_string(),
        label: label(range),
        chosen: range == chosen,
    };
    all.map(pick).collect()
}

fn filter_address(filter: &Filter) -> String {
    let fields = filter.fields();
    address("/transactions", &fields.each_ref().map(|(name, value)| (*name, &**value)))
}

/// The address of the requests in the window in which an alert fired. If the alert is about a
/// duration, the address selects only requests that were slower than the threshold, and the second
/// value is true.
pub(super) fn of_alert(alert: &Alert) -> (String, bool) {
    let rule = &alert.rule;
    let unit = match rule.value_unit() {
        "ms" => Some(1.0),
        "s" => Some(1000.0),
        _ => None,
    };
    // A sum of durations is not comparable to the duration of one request.
    let of_one = !matches!(rule.aggregation, Aggregation::Sum | Aggregation::Count)
        && matches!(rule.operator, Operator::GreaterThan | Operator::GreaterThanOrEqual);
    let slower = unit.map(|unit| rule.threshold * unit).filter(|ms| of_one && *ms >= 0.0);
    let from = alert.fired_at.saturating_sub(rule.window).unwrap_or(Timestamp::MIN);
    let filter = Filter {
        kind: Some(Kind::Request),
        slower,
        failed: false,
        name: String::new(),
        range: Range::Between(from, alert.fired_at),
    };
    (filter_address(&filter), slower.is_some())
}
