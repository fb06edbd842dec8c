//! The metrics, spans and log records that each step exports, compared with the step before. The
//! book shows the snapshots.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use harness::{Answer, Backend, Program};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data};
use tests::{Session, assert_snapshot, envelopes, logs, otlp, pointed_at, root, spans};

/// The instruments, spans and log records of a step, by name.
type Telemetry = BTreeMap<String, Instrument>;

/// The attributes of a series, by key.
type Attributes = BTreeMap<String, String>;

/// An instrument, or a span or log record, whose attributes are its only series, without values.
#[derive(Debug, PartialEq)]
struct Instrument {
    kind: String,
    /// Empty in an envelope, which has neither unit nor description.
    unit: String,
    description: String,
    series: BTreeSet<Attributes>,
}

#[test]
fn each_step_exports_this_telemetry() {
    let mut before = Telemetry::new();
    for step in 2..=7 {
        let after = telemetry(step);
        assert_snapshot(step, "telemetry", &diff(&before, &after));
        before = after;
    }
}

fn hourly(program: Program) -> Program {
    let names =
        ["OTEL_METRIC_EXPORT_INTERVAL", "OTEL_BSP_SCHEDULE_DELAY", "OTEL_BLRP_SCHEDULE_DELAY"];
    names.into_iter().fold(program, |program, name| program.env(name, "3600000"))
}

/// Visits a step, and reads its only export of metrics.
fn telemetry(number: u8) -> Telemetry {
    let session = Session::with(number, hourly, |_| Answer::Status(200)).unwrap();
    for path in ["/Ada/", "/Ada/", "/Ada/", "/Grace/", "/favicon.ico"] {
        session.step.get(path).unwrap();
    }
    if number == 2 {
        return from_console(&session.step.stop().unwrap().stdout);
    }
    let Session { step, backend, .. } = session;
    step.stop().unwrap();
    let requests = backend.requests();
    assert_eq!(requests.len(), usize::from(number.saturating_sub(4)).max(1), "one for each signal");
    let mut telemetry = Telemetry::new();
    for request in requests {
        let metrics = if number == 3 { from_otlp } else { from_envelopes };
        telemetry.extend(metrics(&request.body));
    }
    if number >= 6 {
        telemetry.extend(from_two_processes(number));
    }
    telemetry
}

/// The spans and log records of two processes, one of which asks the other while the other runs.
fn from_two_processes(number: u8) -> Telemetry {
    let backend = Backend::start(|_| Answer::Status(200)).unwrap();
    let program = || {
        let program = pointed_at(number, &backend);
        // An envelope has no name of an event.
        hourly(program.env_remove("APPLICATIONINSIGHTS_CONNECTION_STRING"))
    };
    let other = program().start().unwrap();
    let asking = program().env("VERDICT_URL", other.url("")).start().unwrap();
    for path in ["/Ada/", "/favicon.ico"] {
        asking.get(path).unwrap();
    }
    other.stop().unwrap();
    asking.get("/Ada/").unwrap();
    asking.stop().unwrap();
    let mut telemetry = Telemetry::new();
    let mut add = |name: String, kind: String, attributes: Attributes| {
        let new = Instrument {
            kind,
            unit: String::new(),
            description: String::new(),
            series: [Attributes::new()].into(),
        };
        let instrument = telemetry.entry(name).or_insert(new);
        let mut keys = instrument.series.pop_first().unwrap_or_default();
        keys.extend(attributes.into_keys().map(|key| (key, String::new())));
        instrument.series.insert(keys);
    };
    let received = backend.requests();
    for span in spans(&received) {
        add(span.name, format!("{} span", span.kind.to_lowercase()), span.attributes);
    }
    for log in logs(&received) {
        add(log.event, "log record".to_string(), log.attributes);
    }
    telemetry
}

/// The groups of `telemetry/` that a step sends, by the name of an event or the kind of a span:
/// their attributes, and which of them are required.
fn registered(step: u8) -> BTreeMap<String, BTreeMap<String, bool>> {
    let mut registered = BTreeMap::new();
    for file in ["spans.yaml", "events.yaml"] {
        let text = std::fs::read_to_string(root().join("telemetry").join(file)).unwrap();
        let file: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        for group in file["groups"].as_array().unwrap() {
            let steps = group["annotations"]["workshop"]["steps"].as_array().unwrap();
            let name = group["name"].as_str().or(group["span_kind"].as_str()).unwrap();
            let attributes = group["attributes"].as_array().unwrap().iter().map(|attribute| {
                let key = attribute["ref"].as_str().unwrap().to_string();
                (key, attribute["requirement_level"] == "required")
            });
            if steps.contains(&step.into()) {
                registered.insert(name.to_string(), attributes.collect());
            }
        }
    }
    registered
}

#[test]
fn registry_has_the_spans_and_events() {
    for step in [6, 7] {
        let registered = registered(step);
        let mut seen = BTreeSet::new();
        for (name, item) in from_two_processes(step) {
            let name = item.kind.strip_suffix(" span").unwrap_or(&name).to_string();
            let attributes = &registered[&name];
            let sent = keys(&item);
            assert!(sent.iter().all(|key| attributes.contains_key(*key)), "{name}: {sent:?}");
            let mut required = attributes.iter().filter(|(_, required)| **required);
            assert!(required.all(|(key, _)| sent.contains(key)), "{name}: {sent:?}");
            seen.insert(name);
        }
        assert_eq!(seen, registered.into_keys().collect());
    }
}

/// Reads the text of the SDK's stdout exporter.
fn from_console(text: &str) -> Telemetry {
    let metrics = text.split("\nMetric #").skip(1);
    metrics.map(console_metric).collect()
}

fn console_metric(text: &str) -> (String, Instrument) {
    let field = |name: &str| {
        let fields = text.lines().filter_map(|line| line.trim().split_once(':'));
        let mut values = fields.filter(|(label, _)| label.trim_end() == name);
        values.next().map(|(_, value)| value.trim().to_string())
    };
    let kind = match (field("Type").as_deref(), field("Monotonic").as_deref()) {
        (Some("Sum"), Some("true")) => "counter",
        (Some("Sum"), Some("false")) => "up-down counter",
        (Some("Histogram"), None) => "histogram",
        other => panic!("unexpected kind: {other:?}"),
    };
    let points = text.split("DataPoint #").skip(1);
    let attributes = |point: &str| {
        let lines = point.lines().filter_map(|line| line.trim_start().strip_prefix("->  "));
        let pairs = lines.filter_map(|line| line.split_once(": "));
        pairs.map(|(key, value)| (key.to_string(), value.to_string())).collect()
    };
    let instrument = Instrument {
        kind: kind.to_string(),
        unit: field("Unit").unwrap(),
        description: field("Description").unwrap(),
        series: points.map(attributes).collect(),
    };
    (field("Name").unwrap(), instrument)
}

fn from_otlp(body: &[u8]) -> Telemetry {
    let request = otlp(body);
    let scopes = request.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
    scopes.flat_map(|scope| scope.metrics).map(otlp_metric).collect()
}

fn otlp_metric(metric: Metric) -> (String, Instrument) {
    let (kind, attributes): (_, Vec<_>) = match metric.data.unwrap() {
        Data::Sum(sum) => (
            if sum.is_monotonic { "counter" } else { "up-down counter" },
            sum.data_points.into_iter().map(|point| point.attributes).collect(),
        ),
        Data::Histogram(histogram) => {
            ("histogram", histogram.data_points.into_iter().map(|point| point.attributes).collect())
        }
        other => panic!("unexpected kind: {other:?}"),
    };
    let instrument = Instrument {
        kind: kind.to_string(),
        unit: metric.unit,
        description: metric.description,
        series: attributes.into_iter().map(otlp_attributes).collect(),
    };
    (metric.name, instrument)
}

fn otlp_attributes(attributes: Vec<KeyValue>) -> Attributes {
    let text = |value: Option<AnyValue>| match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("unexpected value: {other:?}"),
    };
    attributes.into_iter().map(|attribute| (attribute.key, text(attribute.value))).collect()
}

/// Reads the envelopes of Application Insights.
fn from_envelopes(body: &[u8]) -> Telemetry {
    let mut telemetry = Telemetry::new();
    for envelope in envelopes(body) {
        if envelope["data"]["baseType"] != "MetricData" {
            continue;
        }
        let data = &envelope["data"]["baseData"];
        let metric = &data["metrics"][0];
        // Only a histogram has a count. A sum does not say whether it can decrease.
        let kind = if metric["count"].is_null() { "sum" } else { "histogram" };
        let instrument = telemetry.entry(metric["name"].as_str().unwrap().to_string());
        let instrument = instrument.or_insert_with(|| Instrument {
            kind: kind.to_string(),
            unit: String::new(),
            description: String::new(),
            series: BTreeSet::new(),
        });
        let properties = data["properties"].as_object().unwrap();
        // The exporter adds the attributes of the resource to those of the point.
        let own = properties
            .iter()
            .filter(|(key, _)| !key.starts_with("service.") && !key.starts_with("telemetry.sdk."));
        let attributes = own.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_string()));
        instrument.series.insert(attributes.collect());
    }
    telemetry
}

/// The new instruments, then the old ones. An unchanged instrument has only the number of its
/// attributes and series.
fn diff(before: &Telemetry, after: &Telemetry) -> String {
    let mut text = String::new();
    for (name, instrument) in after {
        if before.get(name) != Some(instrument) {
            text += &prefixed("+", &described(name, instrument));
        }
    }
    for (name, instrument) in before {
        if after.get(name) == Some(instrument) {
            text += &prefixed(" ", &unchanged(name, instrument));
        } else {
            text += &prefixed("-", &described(name, instrument));
        }
    }
    text
}

fn prefixed(sign: &str, text: &str) -> String {
    text.lines().flat_map(|line| [sign, " ", line, "\n"]).collect()
}

/// An instrument with its description, its attributes and its series.
fn described(name: &str, instrument: &Instrument) -> String {
    let mut text = heading(name, instrument);
    if !instrument.description.is_empty() {
        let _ = writeln!(text, "  \"{}\"", instrument.description);
    }
    for key in keys(instrument) {
        let _ = writeln!(text, "  attribute {key}");
    }
    if !has_series(instrument) {
        return text;
    }
    if instrument.series.len() == 1 {
        return text + "  1 series\n";
    }
    for series in &instrument.series {
        let _ = writeln!(text, "  series {}", distinction(series, &instrument.series));
    }
    text
}

fn unchanged(name: &str, instrument: &Instrument) -> String {
    let attributes = match keys(instrument).len() {
        1 => "1 attribute".to_string(),
        count => format!("{count} attributes"),
    };
    let heading = heading(name, instrument);
    match instrument.series.len() {
        _ if !has_series(instrument) => format!("{heading}  as before: {attributes}\n"),
        series => format!("{heading}  as before: {attributes}, {series} series\n"),
    }
}

fn has_series(instrument: &Instrument) -> bool {
    !["span", "record"].iter().any(|end| instrument.kind.ends_with(end))
}

/// `name: histogram in s`.
fn heading(name: &str, instrument: &Instrument) -> String {
    match instrument.unit.as_str() {
        "" => format!("{name}: {}\n", instrument.kind),
        unit => format!("{name}: {} in {unit}\n", instrument.kind),
    }
}

fn keys(instrument: &Instrument) -> BTreeSet<&String> {
    instrument.series.iter().flat_map(BTreeMap::keys).collect()
}

/// The attributes that do not have the same value in all series.
fn distinction(series: &Attributes, all: &BTreeSet<Attributes>) -> String {
    let differs = |key: &String, value: &String| all.iter().any(|it| it.get(key) != Some(value));
    let pairs = series.iter().filter(|(key, value)| differs(key, value));
    let pairs: Vec<String> = pairs.map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join(", ")
}
