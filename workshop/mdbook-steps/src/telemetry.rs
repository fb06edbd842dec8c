//! `{{#telemetry step-02}}` and `{{#telemetry-diff step-02 step-03}}`: what a step measures, as its
//! snapshots have it.

mod change;
mod collector;
mod console;
mod envelopes;
mod metric;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use crate::block;
use crate::directive::Directive;
use crate::error::Problem;
use crate::output;
use crate::used::Used;
use crate::workspace::{Source, Workspace, split};

/// The instruments of a program, by name.
type Telemetry = BTreeMap<String, Instrument>;

/// The attributes of a series, by key.
type Attributes = BTreeMap<String, String>;

/// What is known of an instrument. A format that leaves something out leaves it `None` here.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Instrument {
    kind: Kind,
    unit: Option<String>,
    description: Option<String>,
    /// What a backend keeps apart, and adds up on its own.
    series: BTreeSet<Attributes>,
}

impl Instrument {
    fn keys(&self) -> BTreeSet<&str> {
        self.series.iter().flat_map(|series| series.keys().map(String::as_str)).collect()
    }
}

/// The kinds of instruments, as far as what they export tells.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Counter,
    UpDownCounter,
    /// A sum that may or may not go down: Application Insights is not told.
    Sum,
    Gauge,
    Histogram,
    Other(String),
}

impl Kind {
    fn of(data_type: &str, monotonic: Option<bool>) -> Self {
        match (data_type, monotonic) {
            ("Sum", Some(true)) => Self::Counter,
            ("Sum", Some(false)) => Self::UpDownCounter,
            ("Sum", None) => Self::Sum,
            ("Gauge", _) => Self::Gauge,
            ("Histogram", _) => Self::Histogram,
            (other, _) => Self::Other(other.to_string()),
        }
    }

    /// Whether two formats may mean the same kind.
    fn agrees(&self, other: &Self) -> bool {
        use Kind::{Counter, Sum, UpDownCounter};
        self == other
            || matches!(
                (self, other),
                (Sum, Counter | UpDownCounter) | (Counter | UpDownCounter, Sum)
            )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counter => "counter",
            Self::UpDownCounter => "up-down counter",
            Self::Sum => "sum",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Other(name) => name,
        })
    }
}

/// `{{#telemetry step-02}}`: a table of what a step measures.
pub(crate) fn table(
    directive: &Directive,
    workspace: &Workspace,
    used: &mut Used,
) -> Result<String, Problem> {
    directive.only(&["caption"])?;
    let [name] = directive.exactly("telemetry step-02")?;
    let (source, telemetry) = of(workspace, name)?;
    let mut rows = String::new();
    for (name, instrument) in &telemetry {
        // A page has no room for more than four columns.
        let description = instrument.description.as_deref().map(block::html);
        let description = description.map(|it| format!("<br>{it}")).unwrap_or_default();
        let unit = instrument.unit.as_deref().map(block::code);
        let unit = unit.map(|it| format!(" in {it}")).unwrap_or_default();
        let keys: Vec<String> = instrument.keys().into_iter().map(block::code).collect();
        let keys = if keys.is_empty() { "none".to_string() } else { keys.join("<br>") };
        let _ = writeln!(
            rows,
            "<tr><td>{}{description}</td><td>{}{unit}</td><td>{keys}</td><td>{}</td></tr>",
            block::code(name),
            block::html(&instrument.kind.to_string()),
            instrument.series.len(),
        );
    }
    used.telemetry.insert(source.path);
    let caption = directive.option("caption").map(block::html);
    let table = format!(
        "<div class=\"table-wrapper\">\n<table style=\"font-size: 0.9em\">\n<thead>\n<tr><th>Instrument</th><th>Kind</th><th>Attributes</th>\
         <th>Series</th></tr>\n</thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n</div>\n"
    );
    Ok(block::figure("telemetry", caption.as_deref(), &table))
}

/// `{{#telemetry-diff step-02 step-03}}`: what a step measures that the other does not.
pub(crate) fn diff(
    directive: &Directive,
    workspace: &Workspace,
    used: &mut Used,
) -> Result<String, Problem> {
    directive.only(&["caption"])?;
    let [old, new] = directive.exactly("telemetry-diff step-02 step-03")?;
    let (old_source, before) = of(workspace, old)?;
    let (new_source, after) = of(workspace, new)?;
    if old_source.path == new_source.path {
        return Err(Problem::Same(old.to_string(), new.to_string()));
    }
    used.telemetry.extend([old_source.path, new_source.path]);
    let caption = directive.option("caption").map(block::html);
    let fence = block::fence("diff", &change::diff(&before, &after));
    Ok(block::figure("telemetry", caption.as_deref(), &fence))
}

/// The telemetry in the snapshot `step-02/console`, or in the one snapshot of `step-02` that has any.
fn of(workspace: &Workspace, name: &str) -> Result<(Source, Telemetry), Problem> {
    if split(name).is_some() {
        let source = output::read(workspace, name)?;
        let telemetry = read(&source.text).ok_or_else(|| {
            Problem::broken(
                &*source.path,
                "is neither the SDK's console text, nor the Collector's, nor envelopes in JSON",
            )
        })?;
        return Ok((source, telemetry));
    }
    let step = workspace.step(name)?;
    let names = output::names(workspace, &step);
    let mut found = Vec::new();
    for snapshot in &names {
        let source = output::of_step(workspace, &step, snapshot)?;
        if let Some(telemetry) = read(&source.text) {
            found.push((source, telemetry));
        }
    }
    match (found.pop(), &found[..]) {
        (Some(only), []) => Ok(only),
        (None, _) => {
            let what = format!("telemetry in the snapshots of {name}");
            Err(Problem::missing(what, "", names))
        }
        (Some(last), others) => Err(Problem::Ambiguous {
            what: format!("the telemetry of {name}"),
            those: others.iter().chain([&last]).map(|(source, _)| source.path.clone()).collect(),
        }),
    }
}

/// Reads telemetry in any of the formats that the steps export it in.
fn read(text: &str) -> Option<Telemetry> {
    let telemetry = console::read(text).or_else(|| collector::read(text));
    telemetry.or_else(|| envelopes::read(text)).filter(|telemetry| !telemetry.is_empty())
}

/// A value behind a label such as `Unit         : s`, without the space around it.
fn labeled<'a>(line: &'a str, label: &str) -> Option<&'a str> {
    line.trim().strip_prefix(label)?.trim_start().strip_prefix(':').map(str::trim)
}

/// A text that may be empty, which is as good as none.
fn text(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_string())
}

/// Adds an instrument, or the series of one that an earlier export had already.
fn add(telemetry: &mut Telemetry, name: String, instrument: Instrument) {
    match telemetry.entry(name) {
        std::collections::btree_map::Entry::Occupied(mut entry) => {
            entry.get_mut().series.extend(instrument.series);
        }
        std::collections::btree_map::Entry::Vacant(entry) => {
            entry.insert(instrument);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONSOLE: &str = "Metrics\nResource\n\t ->  service.name=String(Static(\"a\"))\n\
        \tInstrumentation Scope #0\n\t\tName         : scope\n\
        Metric #0\n\t\tName         : took\n\t\tDescription  : How: long\n\t\tUnit         : s\n\
        \t\tType         : Histogram\n\t\tHistogram DataPoints\n\t\tDataPoint #0\n\
        \t\t\tCount        : 1\n\t\t\tAttributes   :\n\t\t\t\t ->  url: http://a: b\n\t\t\t\t ->  empty: \n\
        \t\tDataPoint #1\n\t\t\tAttributes   :\n\t\t\t\t ->  url: c\n\
        Metric #1\n\t\tName         : open\n\t\tDescription  : \n\t\tUnit         : \n\
        \t\tType         : Sum\n\t\tSum DataPoints\n\t\tMonotonic    : false\n\
        \t\tDataPoint #0\n\t\t\tValue        : 0\n";

    const COLLECTOR: &str = "Metrics\t{\"resource metrics\": 1}\nResourceMetrics #0\n\
        Resource attributes:\n     -> service.name: Str(a)\nScopeMetrics #0\n\
        InstrumentationScope s \nMetric #0\nDescriptor:\n     -> Name: took\n\
        \x20    -> Description: How: long\n     -> Unit: ms\n     -> DataType: Histogram\n\
        \x20    -> AggregationTemporality: Cumulative\nHistogramDataPoints #0\n\
        Data point attributes:\n     -> url: Str(http://a: b)\n     -> status: Int(200)\n\
        StartTimestamp: <time>\nExemplars:\n     -> FilteredAttributes:\n          -> secret: Str(x)\n\
        Metric #1\nDescriptor:\n     -> Name: hits\n     -> Description: \n     -> Unit: \n\
        \x20    -> DataType: Sum\n     -> IsMonotonic: true\nNumberDataPoints #0\nValue: 1\n";

    const ENVELOPES: &str = r#"[
        {"data": {"baseType": "MetricData", "baseData": {"metrics": [{"name": "hits", "value": 4.0}],
            "properties": {"status": "200", "service.name": "a"}}}},
        {"data": {"baseType": "MetricData", "baseData": {"metrics": [{"name": "hits", "value": 1.0}],
            "properties": {"status": "500"}}}},
        {"data": {"baseType": "MetricData", "baseData": {"metrics":
            [{"name": "took", "value": 4.0, "count": 2}]}}}]"#;

    fn series(series: &[&[(&str, &str)]]) -> BTreeSet<Attributes> {
        let attributes = |series: &&[(&str, &str)]| {
            series.iter().map(|(key, value)| ((*key).to_string(), (*value).to_string())).collect()
        };
        series.iter().map(attributes).collect()
    }

    #[test]
    fn reads_the_console() {
        let telemetry = read(CONSOLE).unwrap();
        assert_eq!(telemetry.keys().collect::<Vec<_>>(), ["open", "took"]);
        let took = &telemetry["took"];
        assert_eq!((took.unit.as_deref(), &took.kind), (Some("s"), &Kind::Histogram));
        assert_eq!(took.description.as_deref(), Some("How: long"));
        assert_eq!(
            took.series,
            series(&[&[("url", "http://a: b"), ("empty", "")], &[("url", "c")]])
        );
        let open = &telemetry["open"];
        assert_eq!((open.unit.as_deref(), &open.kind), (None, &Kind::UpDownCounter));
    }

    #[test]
    fn reads_the_collector() {
        let telemetry = read(COLLECTOR).unwrap();
        assert_eq!(telemetry.keys().collect::<Vec<_>>(), ["hits", "took"]);
        let took = &telemetry["took"];
        assert_eq!(took.series, series(&[&[("url", "http://a: b"), ("status", "200")]]));
        assert_eq!(took.description.as_deref(), Some("How: long"));
        assert_eq!(telemetry["hits"].kind, Kind::Counter);
        assert_eq!(telemetry["hits"].series, series(&[&[]]));
    }

    #[test]
    fn reads_envelopes() {
        let telemetry = read(ENVELOPES).unwrap();
        assert_eq!(telemetry["hits"].kind, Kind::Sum);
        assert_eq!(telemetry["hits"].series, series(&[&[("status", "200")], &[("status", "500")]]));
        assert_eq!(telemetry["took"].kind, Kind::Histogram);
    }

    #[test]
    fn is_sure_of_what_it_reads() {
        for text in ["", "Metrics\n", "Metric #0\nName: a\n", "[]", "[{}]", "{}", "accepted 2 of 2"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn compares() {
        let (console, collector) = (read(CONSOLE).unwrap(), read(COLLECTOR).unwrap());
        assert_eq!(
            change::diff(&console, &collector),
            "+ hits: counter\n+   series without attributes\n\
             - open: up-down counter\n-   series without attributes\n\
             - took: histogram in s\n+ took: histogram in ms\n\
             -   attribute empty\n+   attribute status\n\
             -   series empty=, url=http://a: b\n-   series url=c\n+   series status=200, url=http://a: b\n\
             \x20   as before: 1 attribute\n"
        );
        // Application Insights is told neither unit nor whether a sum goes down: no difference.
        assert_eq!(
            change::diff(&collector, &read(ENVELOPES).unwrap()),
            "  hits: counter\n+   attribute status\n-   series without attributes\n\
             +   series status=200\n+   series status=500\n\
             \x20 took: histogram in ms\n-   attribute status\n-   attribute url\n\
             -   series status=200, url=http://a: b\n+   series without attributes\n"
        );
        assert_eq!(
            change::diff(&console, &console),
            "  open: up-down counter\n    as before: 1 series\n\
             \x20 took: histogram in s\n    as before: 2 attributes, 2 series\n"
        );
    }
}
