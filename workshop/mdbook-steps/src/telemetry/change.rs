//! The difference between what two programs measure, as text in the manner of a diff.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{Attributes, Instrument, Telemetry};

/// Instruments that only one side has are shown in full, the others by what changes in them.
pub(super) fn diff(old: &Telemetry, new: &Telemetry) -> String {
    let mut out = String::new();
    for (name, instrument) in new {
        if !old.contains_key(name) {
            whole('+', name, instrument, &mut out);
        }
    }
    for (name, instrument) in old {
        match new.get(name) {
            None => whole('-', name, instrument, &mut out),
            Some(other) => changes(name, instrument, other, &mut out),
        }
    }
    out
}

fn whole(sign: char, name: &str, instrument: &Instrument, out: &mut String) {
    line(sign, &heading(name, instrument), out);
    if let Some(description) = &instrument.description {
        line(sign, &format!("  \"{description}\""), out);
    }
    for key in instrument.keys() {
        line(sign, &format!("  attribute {key}"), out);
    }
    series(sign, &instrument.series, &instrument.series, out);
}

fn changes(name: &str, old: &Instrument, new: &Instrument, out: &mut String) {
    // What a format leaves out has not changed for that.
    let differs = |old: &Option<String>, new: &Option<String>| matches!((old, new), (Some(a), Some(b)) if a != b);
    if !old.kind.agrees(&new.kind) || differs(&old.unit, &new.unit) {
        line('-', &heading(name, old), out);
        line('+', &heading(name, new), out);
    } else {
        line(' ', &heading(name, if new.unit.is_some() { new } else { old }), out);
    }
    if differs(&old.description, &new.description) {
        for (sign, description) in [('-', &old.description), ('+', &new.description)] {
            line(sign, &format!("  \"{}\"", description.as_deref().unwrap_or_default()), out);
        }
    }
    let (old_keys, new_keys) = (old.keys(), new.keys());
    for key in old_keys.difference(&new_keys) {
        line('-', &format!("  attribute {key}"), out);
    }
    for key in new_keys.difference(&old_keys) {
        line('+', &format!("  attribute {key}"), out);
    }
    let all: BTreeSet<Attributes> = old.series.union(&new.series).cloned().collect();
    series('-', &old.series.difference(&new.series).cloned().collect(), &all, out);
    series('+', &new.series.difference(&old.series).cloned().collect(), &all, out);
    let kept = [
        count(old_keys.intersection(&new_keys).count(), "attribute", "attributes"),
        count(old.series.intersection(&new.series).count(), "series", "series"),
    ];
    let kept: Vec<String> = kept.into_iter().flatten().collect();
    if !kept.is_empty() {
        line(' ', &format!("  as before: {}", kept.join(", ")), out);
    }
}

/// `name: histogram in s`.
fn heading(name: &str, instrument: &Instrument) -> String {
    let mut text = format!("{name}: {}", instrument.kind);
    if let Some(unit) = &instrument.unit {
        let _ = write!(text, " in {unit}");
    }
    text
}

/// Each series by what tells it from the others, for all they have in common would hide that.
fn series(sign: char, these: &BTreeSet<Attributes>, all: &BTreeSet<Attributes>, out: &mut String) {
    let mut values: BTreeMap<&str, BTreeSet<Option<&String>>> = BTreeMap::new();
    for key in all.iter().flat_map(|series| series.keys()) {
        values.insert(key, all.iter().map(|series| series.get(key)).collect());
    }
    for attributes in these {
        let telling: Vec<String> = attributes
            .iter()
            .filter(|(key, _)| values.get(key.as_str()).is_some_and(|values| values.len() > 1))
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let text = match (&telling[..], attributes.is_empty()) {
            ([], true) => "  series without attributes".to_string(),
            ([], false) if all.len() == 1 => "  1 series".to_string(),
            ([], false) => "  series without these".to_string(),
            (telling, _) => format!("  series {}", telling.join(", ")),
        };
        line(sign, &text, out);
    }
}

fn count(number: usize, one: &str, many: &str) -> Option<String> {
    match number {
        0 => None,
        1 => Some(format!("1 {one}")),
        number => Some(format!("{number} {many}")),
    }
}

fn line(sign: char, text: &str, out: &mut String) {
    out.push(sign);
    out.push(' ');
    out.push_str(text);
    out.push('\n');
}
