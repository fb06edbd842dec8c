//! The registry of semantic conventions in `telemetry/`: which metrics, spans and events the app
//! sends at each step.
//!
//! The files follow the syntax of OpenTelemetry Weaver. This module reads the part of the syntax
//! that the files use, and refuses the rest.

use std::{collections::BTreeMap, fmt, fs, path::Path};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::Value;

/// The registry of this repository.
const FILES: [(&str, &str); 5] = [
    ("attributes.yaml", include_str!("../../../telemetry/attributes.yaml")),
    ("http.yaml", include_str!("../../../telemetry/http.yaml")),
    ("app.yaml", include_str!("../../../telemetry/app.yaml")),
    ("spans.yaml", include_str!("../../../telemetry/spans.yaml")),
    ("events.yaml", include_str!("../../../telemetry/events.yaml")),
];

/// Weaver's description of the registry itself.
const MANIFESTS: [&str; 2] = ["manifest.yaml", "registry_manifest.yaml"];

/// A registry, in the order of the files.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    /// The metrics.
    pub metrics: Vec<Metric>,
    /// The spans.
    pub spans: Vec<Span>,
    /// The events, which are log records with a name.
    pub events: Vec<Event>,
}

/// A metric as it should be.
#[derive(Clone, Debug)]
pub struct Metric {
    /// The name of the metric.
    pub name: String,
    /// One sentence.
    pub brief: String,
    /// The instrument that records the metric.
    pub instrument: Instrument,
    /// The unit, empty if the metric has none.
    pub unit: String,
    /// The attributes of each series.
    pub attributes: Vec<Attribute>,
    /// The workshop's own annotations.
    pub workshop: Notes,
}

/// A span as it should be.
#[derive(Clone, Debug)]
pub struct Span {
    /// The kind.
    pub kind: SpanKind,
    /// The attributes of each such span.
    pub attributes: Vec<Attribute>,
    /// The workshop's own annotations.
    pub workshop: Notes,
}

/// An event as it should be.
#[derive(Clone, Debug)]
pub struct Event {
    /// The name.
    pub name: String,
    /// The attributes of each such event.
    pub attributes: Vec<Attribute>,
    /// The workshop's own annotations.
    pub workshop: Notes,
}

/// The role of a span.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum SpanKind {
    /// Handles a request.
    Server,
    /// Waits for another process.
    Client,
    /// Works inside the process.
    Internal,
}

impl fmt::Display for SpanKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Internal => "internal",
        })
    }
}

/// The four instruments, by their synchronous names.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Instrument {
    /// A sum that only grows.
    Counter,
    /// A sum that also shrinks.
    UpDownCounter,
    /// A value at a time.
    Gauge,
    /// A distribution of values.
    Histogram,
}

impl fmt::Display for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counter => "counter",
            Self::UpDownCounter => "up-down counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        })
    }
}

/// An attribute as it should be.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// The key.
    pub key: String,
    /// The type of the value.
    pub kind: Kind,
    /// The allowed values; empty if any value is allowed.
    pub members: Vec<String>,
    /// Every series has the attribute.
    pub required: bool,
    /// The workshop's own annotations.
    pub workshop: AttributeNotes,
}

/// The type of an attribute's value.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Text.
    String,
    /// A whole number.
    Int,
    /// A number.
    Double,
    /// True or false.
    Boolean,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "string",
            Self::Int => "int",
            Self::Double => "double",
            Self::Boolean => "boolean",
        })
    }
}

/// The annotation `workshop` of a metric, a span or an event.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notes {
    /// The steps that send it.
    #[serde(default)]
    pub steps: Vec<u8>,
    /// The app may send the metric, but need not.
    #[serde(default)]
    pub optional: bool,
    /// The event that one recorded value stands for.
    pub counts: Option<Counts>,
    /// The name of a span, if all such spans have the same name.
    pub name: Option<String>,
}

/// The event that one recorded value stands for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Counts {
    /// A request to any path.
    Requests,
    /// A request to `/{name}/`.
    Visits,
    /// A request to `/{name}/` that was answered with 200.
    Verdicts,
}

/// The annotation `workshop` of an attribute.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own in the files")]
pub struct AttributeNotes {
    /// Each request that gets a response leads to a series or a span with this attribute.
    #[serde(default)]
    pub answered: bool,
    /// Each visit to `/{name}/` leads to a series or a span with this attribute.
    #[serde(default)]
    pub visited: bool,
    /// Each request that fails leads to a span with this attribute.
    #[serde(default)]
    pub failed: bool,
    /// Values that are not members of the enum are allowed.
    #[serde(default)]
    pub open: bool,
    /// A defect of a library that the app cannot cure.
    pub known_defect: Option<String>,
}

impl Registry {
    /// The registry of this repository.
    pub fn embedded() -> Result<Self> {
        Self::parse(&FILES.map(|(name, text)| (name.to_string(), text.to_string())))
    }

    /// The registry in `folder`: all YAML files but the manifest.
    pub fn load(folder: &Path) -> Result<Self> {
        let shown = folder.display();
        let entries = fs::read_dir(folder).with_context(|| format!("cannot read {shown}"))?;
        let mut files = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_yaml = path.extension().is_some_and(|end| end == "yaml" || end == "yml");
            if is_yaml && !MANIFESTS.contains(&name.as_str()) {
                let text = fs::read_to_string(&path);
                files
                    .push((name, text.with_context(|| format!("cannot read {}", path.display()))?));
            }
        }
        files.sort();
        Self::parse(&files).with_context(|| format!("the registry in {shown} is invalid"))
    }

    fn parse(files: &[(String, String)]) -> Result<Self> {
        let mut groups = Vec::new();
        for (name, text) in files {
            let file: File = serde_saphyr::from_str(text).with_context(|| name.clone())?;
            groups.extend(file.groups);
        }
        resolve(&groups)
    }

    /// The metrics that a step sends.
    pub fn step(&self, step: u8) -> impl Iterator<Item = &Metric> {
        self.metrics.iter().filter(move |metric| metric.workshop.steps.contains(&step))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    id: String,
    r#type: GroupType,
    brief: String,
    #[serde(rename = "note")]
    _note: Option<String>,
    #[serde(rename = "stability")]
    _stability: Option<Stability>,
    extends: Option<String>,
    #[serde(default)]
    attributes: Vec<AttributeEntry>,
    #[serde(default)]
    annotations: Annotations<Notes>,
    metric_name: Option<String>,
    instrument: Option<Instrument>,
    unit: Option<String>,
    span_kind: Option<SpanKind>,
    /// The name of an event.
    name: Option<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum GroupType {
    AttributeGroup,
    Metric,
    Span,
    Event,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stability {
    Stable,
    Development,
    Alpha,
    Beta,
    ReleaseCandidate,
}

#[derive(Deserialize)]
struct Annotations<T> {
    workshop: T,
}

impl<T: Default> Default for Annotations<T> {
    fn default() -> Self {
        Self { workshop: T::default() }
    }
}

/// A definition, which has an `id`, or a reference to one, which has a `ref`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeEntry {
    id: Option<String>,
    r#ref: Option<String>,
    r#type: Option<AttributeType>,
    #[serde(rename = "brief")]
    _brief: Option<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
    #[serde(rename = "examples")]
    _examples: Option<Value>,
    #[serde(rename = "stability")]
    _stability: Option<String>,
    requirement_level: Option<RequirementLevel>,
    #[serde(default)]
    annotations: AttributeAnnotations,
}

#[derive(Clone, Default, Deserialize)]
struct AttributeAnnotations {
    #[serde(default)]
    workshop: AttributeNotes,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum AttributeType {
    Simple(Kind),
    Enum { members: Vec<Member> },
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    #[serde(rename = "id")]
    _id: String,
    value: Value,
    #[serde(rename = "brief")]
    _brief: Option<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
    #[serde(rename = "stability")]
    _stability: String,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RequirementLevel {
    Required,
    Recommended,
    OptIn,
    ConditionallyRequired(#[allow(dead_code)] String),
}

/// Follows `ref` and `extends`.
fn resolve(groups: &[Group]) -> Result<Registry> {
    let by_id: BTreeMap<&str, &Group> = groups.iter().map(|group| (&*group.id, group)).collect();
    let definitions: BTreeMap<&str, &AttributeEntry> = groups
        .iter()
        .flat_map(|group| &group.attributes)
        .filter_map(|entry| Some((entry.id.as_deref()?, entry)))
        .collect();
    let mut registry = Registry::default();
    for group in groups {
        let missing = |field: &str| format!("{} has no {field}", group.id);
        let attributes = || attributes(group, &by_id, &definitions);
        let workshop = group.annotations.workshop.clone();
        match group.r#type {
            GroupType::AttributeGroup => {}
            GroupType::Metric => registry.metrics.push(Metric {
                name: group.metric_name.clone().with_context(|| missing("metric_name"))?,
                brief: group.brief.clone(),
                instrument: group.instrument.with_context(|| missing("instrument"))?,
                unit: group.unit.clone().with_context(|| missing("unit"))?,
                attributes: attributes()?,
                workshop,
            }),
            GroupType::Span => registry.spans.push(Span {
                kind: group.span_kind.with_context(|| missing("span_kind"))?,
                attributes: attributes()?,
                workshop,
            }),
            GroupType::Event => registry.events.push(Event {
                name: group.name.clone().with_context(|| missing("name"))?,
                attributes: attributes()?,
                workshop,
            }),
        }
    }
    Ok(registry)
}

/// The attributes of a group, and of the groups that it extends.
fn attributes(
    group: &Group,
    by_id: &BTreeMap<&str, &Group>,
    definitions: &BTreeMap<&str, &AttributeEntry>,
) -> Result<Vec<Attribute>> {
    let mut entries: Vec<&AttributeEntry> = Vec::new();
    let mut next = Some(group);
    // Each group is followed once, so that a cycle ends.
    for _ in by_id {
        let Some(group) = next else { break };
        entries.extend(&group.attributes);
        next = match &group.extends {
            Some(id) => {
                Some(by_id.get(&**id).copied().with_context(|| format!("there is no group {id}"))?)
            }
            None => None,
        };
    }
    entries.into_iter().map(|entry| attribute(entry, definitions)).collect()
}

fn attribute(
    entry: &AttributeEntry,
    definitions: &BTreeMap<&str, &AttributeEntry>,
) -> Result<Attribute> {
    let (key, definition) = match (&entry.id, &entry.r#ref) {
        (Some(id), None) => (id, entry),
        (None, Some(key)) => {
            let definition = definitions.get(&**key);
            (key, *definition.with_context(|| format!("there is no attribute {key}"))?)
        }
        _ => bail!("an attribute needs either an id or a ref"),
    };
    let (kind, members) = match &definition.r#type {
        Some(AttributeType::Simple(kind)) => (*kind, Vec::new()),
        Some(AttributeType::Enum { members }) => {
            let values = members.iter().map(|member| match &member.value {
                Value::String(text) => (Kind::String, text.clone()),
                number => (Kind::Int, number.to_string()),
            });
            let (kinds, values): (Vec<Kind>, Vec<String>) = values.unzip();
            (kinds.first().copied().unwrap_or(Kind::String), values)
        }
        None => bail!("the attribute {key} has no type"),
    };
    Ok(Attribute {
        key: key.clone(),
        kind,
        members,
        required: matches!(entry.requirement_level, Some(RequirementLevel::Required)),
        workshop: entry.annotations.workshop.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Registry> {
        Registry::parse(&[("test.yaml".to_string(), text.to_string())])
    }

    #[test]
    fn the_registry_of_the_repository_is_valid() {
        let registry = Registry::embedded().unwrap();
        let names = |step| registry.step(step).map(|metric| &*metric.name).collect::<Vec<_>>();
        assert_eq!(names(1), [""; 0]);
        assert_eq!(names(2).len() + 1, names(3).len());
        assert_eq!(names(4), ["request-count", "request-latency"]);
        assert_eq!(names(5), names(4));
    }

    #[test]
    fn the_embedded_files_are_all_files_of_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../telemetry");
        let loaded = Registry::load(&folder).unwrap();
        let mut names: Vec<_> = loaded.metrics.iter().map(|metric| &metric.name).collect();
        let embedded = Registry::embedded().unwrap();
        let mut expected: Vec<_> = embedded.metrics.iter().map(|metric| &metric.name).collect();
        names.sort();
        expected.sort();
        assert_eq!(names, expected);
    }

    #[test]
    fn follows_references_and_extended_groups() {
        let registry = Registry::embedded().unwrap();
        let duration = &registry.metrics[0];
        let key = |key| duration.attributes.iter().find(|attribute| attribute.key == key).unwrap();
        assert_eq!(key("http.response.status_code").kind, Kind::Int);
        assert!(key("http.response.status_code").workshop.answered);
        assert!(key("http.request.method").required);
        assert!(key("http.request.method").members.contains(&"GET".to_string()));
    }

    #[test]
    fn invalid_registries_are_refused_with_a_reason() {
        let reason = |text: &str| format!("{:#}", parse(text).unwrap_err());
        let metric = "groups:\n  - {id: metric.a, type: metric, brief: A, stability: stable, ";
        assert!(reason(&format!("{metric}unit: s}}")).contains("metric.a has no metric_name"));
        let metric = format!("{metric}metric_name: a, instrument: counter, unit: s, ");
        let unknown = reason(&format!("{metric}attributes: [{{ref: b}}]}}"));
        assert!(unknown.contains("there is no attribute b"), "{unknown}");
        let unknown = reason(&format!("{metric}extends: b}}"));
        assert!(unknown.contains("there is no group b"), "{unknown}");
        let unknown = reason(&format!("{metric}metric_nam: b}}"));
        assert!(unknown.contains("metric_nam"), "{unknown}");
        assert!(parse(&format!("{metric}extends: metric.a}}")).is_ok(), "a cycle ends");
    }
}
