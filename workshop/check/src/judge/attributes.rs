//! The attributes of series, spans and logs are as the registry describes them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    model::{self, Attribute as Seen, Attributes},
    registry::Attribute,
    report::{Check, Level},
    sections,
};

/// Attributes that arrived, with their description.
pub struct Described<'a> {
    /// What has the attributes: a series, a span or a log.
    pub what: &'static str,
    /// The section of the book on the code that records them.
    pub section: &'static str,
    /// The description.
    pub expected: &'a [Attribute],
    /// The attributes of each series, span or log.
    pub seen: Vec<&'a Attributes>,
    /// The attributes that belong to failed requests, if the check can tell which.
    pub failed: Vec<&'a Attributes>,
}

impl Described<'_> {
    /// Compares the values, and the presence, of each described attribute.
    pub fn judge(&self, check: &mut Check) {
        for expected in self.expected {
            self.presence(check, expected);
            self.value(check, expected);
        }
    }

    /// The keys that the registry describes.
    pub fn keys(&self) -> Vec<&str> {
        let keys: BTreeSet<&str> = self.expected.iter().map(|it| &*it.key).collect();
        keys.into_iter().collect()
    }

    /// The keys that the registry does not describe, with an example of each.
    pub fn unknown(&self) -> BTreeMap<&str, String> {
        let known = self.keys();
        let pairs = self.seen.iter().flat_map(|attributes| attributes.iter());
        let unknown = pairs.filter(|(key, _)| !known.contains(&key.as_str()));
        unknown.map(|(key, value)| (&**key, line(key, value))).collect()
    }

    /// Mentions the attributes that the registry does not describe.
    pub fn report_unknown(&self, check: &mut Check) {
        for example in self.unknown().into_values() {
            let texts = [
                format!("the attributes that the registry describes: {}", self.keys().join(", ")),
                example,
                format!("An attribute of your own is fine: it makes the {} larger.", self.what),
            ];
            check.find(Level::Information, "missing_attribute", self.section, texts);
        }
    }

    fn presence(&self, check: &mut Check, expected: &Attribute) {
        let key = &expected.key;
        let lacks = |attributes: &&&Attributes| !attributes.contains_key(key);
        let lacking = self.seen.iter().find(lacks);
        let absent = self.seen.iter().all(|attributes| lacks(&attributes));
        let of_a_failure = self.failed.iter().find(lacks);
        let conditional = "conditionally_required_attribute_not_present";
        let (id, seen) = match (lacking, of_a_failure) {
            (Some(lacking), _) if expected.required => ("required_attribute_not_present", lacking),
            (Some(lacking), _) if expected.workshop.answered => (conditional, lacking),
            (Some(lacking), _) if expected.workshop.visited && absent => (conditional, lacking),
            (_, Some(lacking)) if expected.workshop.failed => (conditional, lacking),
            _ => return,
        };
        let what = self.what;
        let each = if expected.workshop.failed { "failed " } else { "" };
        let hint = match &**key {
            "http.route" => {
                "Add the layer after the routes: outside of them, it cannot read the route."
                    .to_string()
            }
            _ if what == "log" => format!("Name the attribute in the macro: `{key} = ...`."),
            _ => format!("Record with `KeyValue::new(\"{key}\", ...)`."),
        };
        let (level, hint) = excused(expected).unwrap_or((Level::Violation, hint));
        let texts = [
            format!("the attribute {key} on each {each}{what}"),
            format!("a {what} with {}", model::shown(seen)),
            hint,
        ];
        check.find(level, id, self.section, texts);
    }

    fn value(&self, check: &mut Check, expected: &Attribute) {
        let key = &expected.key;
        let values: BTreeSet<&Seen> =
            self.seen.iter().filter_map(|attributes| attributes.get(key)).collect();
        if values.iter().any(|value| value.text.is_empty()) {
            let hint = format!("Leave {key} out if it has no value.");
            let (level, hint) = excused(expected).unwrap_or((Level::Improvement, hint));
            let texts = [format!("a value of {key}"), format!("-> {key}:"), hint];
            check.find(level, "empty_attribute", self.section, texts);
        }
        let mistyped = values.iter().find(|value| {
            value.kind.is_some_and(|kind| !kind.is(expected.kind)) && !value.text.is_empty()
        });
        if let Some(value) = mistyped {
            let texts = [
                format!("{key} of type {}", expected.kind),
                line(key, value),
                format!("Give the attribute a value of type {}, such as `i64`.", expected.kind)
                    .replace("string, such as `i64`", "string, such as `&str`"),
            ];
            check.violation("type_mismatch", self.section, texts);
        }
        if expected.members.is_empty() || expected.workshop.open {
            return;
        }
        let strange = values
            .iter()
            .find(|value| !expected.members.contains(&value.text) && !value.text.is_empty());
        if let Some(value) = strange {
            let texts = [
                format!("{key} with one of the values {}", expected.members.join(", ")),
                format!("-> {key}: {}", value.text),
                "Use the values of the list, so that each keeps its meaning on every chart."
                    .to_string(),
            ];
            check.violation("undefined_enum_variant", sections::SERIES, texts);
        }
    }
}

/// A defect of a library is not a fault of the app.
fn excused(expected: &Attribute) -> Option<(Level, String)> {
    let defect = expected.workshop.known_defect.as_ref()?;
    Some((Level::Information, format!("Nothing to do here: {defect}")))
}

/// A line of the telemetry.
fn line(key: &str, value: &Seen) -> String {
    match value.kind {
        Some(kind) => format!("-> {key}: {}({})", kind.name(), value.text),
        None => format!("-> {key}: {}", value.text),
    }
}
