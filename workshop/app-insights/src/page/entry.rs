//! The texts of an entry on the screens.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use serde_json::Value;

use super::params::address;
use crate::{
    format::{self, on_page, visible},
    store::Entry,
};

/// The maximum number of characters of a text in the table of a transaction.
pub(super) const MAX_TEXT: usize = 300;
/// The maximum number of characters of one detail of an item, and of all its details.
const MAX_DETAIL: usize = 3000;
const MAX_DETAILS: usize = 8000;

/// The address of a transaction.
pub(super) fn address_of(operation: &str) -> String {
    address("/transactions/one", &[("operation", operation)])
}

/// Gives each item a name for the script. The name is the same in every update, while the position
/// of the item may change.
#[derive(Default)]
pub(super) struct Names(HashMap<u64, usize>);

impl Names {
    pub(super) fn next(&mut self, entry: &Entry) -> String {
        let mut hasher = DefaultHasher::new();
        let Entry { operation, id, parent, time, text, .. } = entry;
        (operation, id, parent, time, text).hash(&mut hasher);
        let hash = hasher.finish();
        let same = self.0.entry(hash).or_default();
        *same += 1;
        format!("item-{hash:x}-{same}")
    }
}

/// The other data of an item, including its whole text if the table has only a part.
pub(super) fn details(entry: &Entry) -> (Vec<(String, String)>, usize) {
    let mut all = Vec::new();
    if first_line(&entry.text).len() < entry.text.len() || entry.text.len() > MAX_TEXT {
        all.push(("text".to_owned(), entry.text.to_string()));
    }
    if !entry.id.is_empty() {
        all.push(("id".to_owned(), entry.id.to_string()));
    }
    // The type guarantees valid JSON.
    flatten(String::new(), serde_json::from_str(entry.details.get()).unwrap_or_default(), &mut all);
    let count = all.len();
    let mut room = MAX_DETAILS;
    let mut shown = Vec::new();
    for (key, value) in all {
        let length = key.len() + value.len().min(MAX_DETAIL);
        if length > room {
            break;
        }
        room -= length;
        let lines: Vec<String> = value.lines().map(visible).collect();
        let value = lines.join("\n");
        let text: String = value.chars().take(MAX_DETAIL).collect();
        let rest = if text.len() < value.len() { "…" } else { "" };
        shown.push((on_page(&key), text + rest));
    }
    let more = count - shown.len();
    (shown, more)
}

/// The values in a JSON document, each with its path.
fn flatten(path: String, value: Value, all: &mut Vec<(String, String)>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(fields) => {
            fields.into_iter().for_each(|(key, value)| flatten(below(&key), value, all));
        }
        Value::Array(items) => {
            let items = (1..).zip(items);
            items.for_each(|(index, value)| flatten(below(&index.to_string()), value, all));
        }
        Value::String(text) => all.push((path, text)),
        Value::Null => {}
        other => all.push((path, other.to_string())),
    }
}

pub(super) fn first_line(text: &str) -> &str {
    text.trim_start().lines().next().unwrap_or_default()
}

/// The name of a process.
pub(super) fn process(role: &str) -> String {
    if role.is_empty() { "(no name)".to_owned() } else { on_page(role) }
}

/// The duration of a span.
pub(super) fn duration(entry: &Entry) -> String {
    if entry.kind.is_span() { format::measured(entry.duration) } else { String::new() }
}

/// The result code of a span, or the severity of another item.
pub(super) fn result(entry: &Entry) -> String {
    if entry.code.is_empty() { severity(entry) } else { on_page(&entry.code) }
}

/// Azure's name for the severity.
pub(super) fn severity(entry: &Entry) -> String {
    let words = ["verbose", "information", "warning", "error", "critical"];
    let word = entry.severity.and_then(|level| words.get(usize::from(level)));
    word.copied().unwrap_or_default().to_owned()
}
