//! The screen of one transaction: a waterfall of its spans, logs and exceptions over time.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use chart::waterfall::{self, MAX_ROWS, Shape, Waterfall};

use super::{
    entry::{
        MAX_TEXT, Names, address_of, details, duration, first_line, process, result, severity,
    },
    layout::{STILL, Shell, html},
    params::Params,
    problem::Problem,
    respond::render,
    site::Site,
};
use crate::{
    format::{self, cut, on_page},
    store::{self, Entry, Kind},
    transactions::{Note, Row, Tree, What},
};

/// The maximum number of processes that are listed.
const MAX_PROCESSES: usize = 20;

/// `GET /transactions/one?operation=ID`.
pub(super) async fn screen(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Response {
    render(site, move |site| show(site, &Params::of(query.as_deref()))).await
}

fn show(site: &Site, params: &Params) -> Result<Response, Problem> {
    let operation = params.text("operation");
    let entries = if operation.is_empty() { Vec::new() } else { site.store.transaction(operation) };
    let tree = Tree::new(entries).ok_or_else(|| Problem::no_transaction(operation))?;
    let address = address_of(operation);
    let title = format!("Transaction {}", cut(operation, 8));
    let still = params.get(STILL).is_some();
    let shell = Shell::new(site, &title, "/transactions").reloading(&address, still);
    Ok(html(StatusCode::OK, &Screen::new(site, shell, address, operation, &tree)))
}

#[derive(Template)]
#[template(path = "transaction.html")]
struct Screen {
    shell: Shell,
    address: String,
    operation: String,
    /// The address of the same transaction for programs.
    json: String,
    name: String,
    begin: String,
    duration: String,
    processes: String,
    counts: String,
    /// The largest number of items that one item represents, if that number is not one.
    sampled: Option<u32>,
    notes: Vec<String>,
    svg: String,
    narrow: String,
    lines: Vec<Line>,
    more: usize,
}

impl Screen {
    fn new(site: &Site, shell: Shell, address: String, operation: &str, tree: &Tree) -> Self {
        let mut processes: Vec<&str> = Vec::new();
        for entry in tree.entries() {
            if !processes.contains(&&*entry.role) && processes.len() <= MAX_PROCESSES {
                processes.push(&entry.role);
            }
        }
        let mut listed: Vec<String> =
            processes.iter().take(MAX_PROCESSES).map(|role| process(role)).collect();
        if processes.len() > MAX_PROCESSES {
            listed.push("and more".to_owned());
        }
        let counts = store::by_kind(tree.entries()).into_iter();
        let counts: Vec<String> = counts.map(|(kind, count)| kind.counted(count)).collect();
        // The first request, or else the first item.
        let request = tree.entries().find(|entry| entry.kind == Kind::Request);
        let first = request.or_else(|| tree.entries().next());
        let name = first.map(|entry| on_page(first_line(&entry.text))).unwrap_or_default();
        let waterfall =
            Waterfall { title: format!("{name} over time"), rows: drawn(tree, &processes) };
        let mut names = Names::default();
        let rows = tree.rows.iter().take(MAX_ROWS);
        let sampled = tree.entries().map(|entry| entry.count).max();
        Self {
            shell,
            address,
            operation: on_page(operation),
            json: format!("/api/transactions/{}", path_segment(operation)),
            begin: tree.start.to_zoned(site.zone.clone()).strftime("%F %T%.3f").to_string(),
            duration: format::measured(tree.start.duration_until(tree.end)),
            processes: listed.join(", "),
            counts: counts.join(", "),
            sampled: sampled.filter(|count| *count > 1),
            notes: notes(tree),
            svg: waterfall.to_svg(960),
            narrow: waterfall.to_svg(340),
            lines: rows.map(|row| Line::new(row, tree, &mut names)).collect(),
            more: tree.rows.len().saturating_sub(MAX_ROWS),
            name,
        }
    }
}

fn path_segment(text: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    encoded.replace('+', "%20")
}

/// The rows of the drawing. A row names its process if the parent belongs to another process.
fn drawn(tree: &Tree, processes: &[&str]) -> Vec<waterfall::Row> {
    let mut path: Vec<Option<&str>> = Vec::new();
    let mut rows = Vec::new();
    for row in &tree.rows {
        path.truncate(row.depth);
        let length = row.start.duration_until(row.end);
        let (label, note, role, shape) = match &row.what {
            What::Missing(id) => (missing(id), String::new(), None, Shape::Unknown(length)),
            What::Entry(entry) => {
                let shape = match entry.kind {
                    Kind::Request | Kind::Dependency if entry.failed => Shape::FailedSpan(length),
                    Kind::Request | Kind::Dependency => Shape::Span(length),
                    Kind::Message => Shape::Log,
                    Kind::Exception => Shape::Exception,
                    Kind::Event => Shape::Event,
                };
                (label(entry), note(entry, row, tree), Some(&*entry.role), shape)
            }
        };
        let named = processes.len() > 1 && path.last().copied().flatten() != role;
        let label = match role.filter(|_| named) {
            Some(role) => format!("{}: {label}", process(role)),
            None => label,
        };
        let process = processes.iter().position(|known| Some(*known) == role);
        rows.push(waterfall::Row {
            label,
            note,
            depth: row.depth,
            process: process.unwrap_or(processes.len()),
            start: row.start,
            shape,
        });
        path.push(role);
    }
    rows
}

fn label(entry: &Entry) -> String {
    let text = on_page(first_line(&entry.text));
    match severity(entry) {
        severity if entry.kind == Kind::Message && !severity.is_empty() => {
            format!("{severity}: {text}")
        }
        _ => text,
    }
}

/// The result and the duration of a span, or the time of another item.
fn note(entry: &Entry, row: &Row, tree: &Tree) -> String {
    if !entry.kind.is_span() {
        return offset(row, tree);
    }
    let failed = if entry.failed { format!("{}, ", result(entry)) } else { String::new() };
    failed + &duration(entry)
}

fn offset(row: &Row, tree: &Tree) -> String {
    format!("+{}", format::measured(tree.start.duration_until(row.start)))
}

fn missing(id: &str) -> String {
    format!("parent not received ({})", on_page(id))
}

/// Notes about problems with the whole transaction.
fn notes(tree: &Tree) -> Vec<String> {
    let count = |is: fn(&Row) -> bool| tree.rows.iter().filter(|row| is(row)).count();
    let missing = count(|row| matches!(row.what, What::Missing(_)));
    let early = count(|row| matches!(row.note, Some(Note::Early(_))));
    let mut notes = Vec::new();
    if missing > 0 {
        notes.push(format!(
            "Parents that were not received: {missing}. Their processes send telemetry elsewhere, \
             or have not sent the parents yet, or a limit was reached."
        ));
    }
    if count(|row| row.note == Some(Note::Circle)) > 0 {
        notes.push("The parents of some items form a circle.".to_owned());
    }
    if early > 0 {
        notes.push(format!(
            "Items that start before their parents: {early}. The clocks of their processes \
             probably differ."
        ));
    }
    notes
}

/// A row of the table.
struct Line {
    id: String,
    offset: String,
    instant: String,
    kind: String,
    /// The number of ancestors.
    depth: usize,
    process: String,
    name: String,
    note: String,
    duration: String,
    result: String,
    failed: bool,
    details: Vec<(String, String)>,
    /// The number of hidden details.
    more: usize,
}

impl Line {
    fn new(row: &Row, tree: &Tree, names: &mut Names) -> Self {
        let line = Self {
            id: String::new(),
            offset: offset(row, tree),
            instant: row.start.to_string(),
            kind: "not received".to_owned(),
            depth: row.depth,
            process: "unknown".to_owned(),
            name: String::new(),
            note: match row.note {
                None => String::new(),
                Some(Note::Circle) => "The parents of this item form a circle.".to_owned(),
                Some(Note::Early(by)) => {
                    let by = format::measured(by);
                    format!("Starts {by} before its parent: the clocks differ.")
                }
                Some(Note::Late(by)) => {
                    let by = format::measured(by);
                    format!(
                        "Starts {by} after the end of its parent: work in the background, or the \
                         clocks differ."
                    )
                }
            },
            duration: String::new(),
            result: String::new(),
            failed: false,
            details: Vec::new(),
            more: 0,
        };
        let entry = match &row.what {
            What::Missing(id) => return Self { name: missing(id), ..line },
            What::Entry(entry) => entry,
        };
        let (details, more) = details(entry);
        Self {
            id: names.next(entry),
            kind: entry.kind.to_string(),
            process: process(&entry.role),
            name: cut(first_line(&entry.text), MAX_TEXT),
            duration: duration(entry),
            result: result(entry),
            failed: entry.failed,
            details,
            more,
            ..line
        }
    }
}
