//! Reads the envelopes of Application Insights.

use std::{collections::BTreeMap, time::Duration};

use app_insights::{
    ingest::envelope::{Item, MetricItem},
    store::{Entry, Kind},
};
use serde::Deserialize;

use crate::{
    model::{Attribute, Attributes, Export, Histogram, Log, Metric, Span, Temporality, Value},
    registry::{Instrument, SpanKind},
};

/// The exporter mixes the attributes of the resource, which have these prefixes, with the others.
const RESOURCE: [&str; 2] = ["service.", "telemetry."];

/// Reads the valid envelopes of a request.
pub fn read(items: impl IntoIterator<Item = Item>) -> Export {
    let mut export = Export::default();
    for item in items {
        match item {
            Item::Metric(item) => metric(&mut export, &item),
            Item::Entry(entry) => span_or_log(&mut export, &entry),
            Item::Ignored(_) => {}
        }
    }
    export
}

fn metric(export: &mut Export, item: &MetricItem) {
    let attributes = attributes(export, item.point.series.dimensions.iter());
    let mut metric = Metric::new(item.point.series.metric.name.to_string());
    metric.temporality = Temporality::Delta;
    let aggregate = item.point.aggregate;
    let value = if aggregate.averageable() {
        metric.instrument = Some(Instrument::Histogram);
        Value::Histogram(Histogram {
            count: aggregate.count(),
            sum: aggregate.sum(),
            min: aggregate.min(),
            max: aggregate.max(),
            bounds: Vec::new(),
        })
    } else {
        // It may also be an up-down counter, which looks the same.
        metric.instrument = Some(Instrument::Counter);
        Value::Number(aggregate.sum())
    };
    metric.record(attributes, value);
    export.metrics.push(metric);
}

/// The part of an item that the entry keeps as JSON.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    properties: BTreeMap<String, String>,
    r#type: String,
}

fn span_or_log(export: &mut Export, entry: &Entry) {
    let details: Details = serde_json::from_str(entry.details.get()).unwrap_or_default();
    let properties = details.properties.iter();
    let attributes = attributes(export, properties.map(|(key, value)| (&**key, &**value)));
    let kind = match entry.kind {
        Kind::Request => SpanKind::Server,
        Kind::Dependency if details.r#type == "InProc" => SpanKind::Internal,
        Kind::Dependency => SpanKind::Client,
        Kind::Message | Kind::Exception | Kind::Event => {
            export.logs.push(Log {
                message: entry.text.to_string(),
                trace: entry.operation.to_string(),
                span: entry.parent.to_string(),
                attributes,
            });
            return;
        }
    };
    export.spans.push(Span {
        kind,
        name: entry.text.to_string(),
        trace: entry.operation.to_string(),
        id: entry.id.to_string(),
        parent: entry.parent.to_string(),
        duration: Duration::try_from(entry.duration).unwrap_or_default(),
        failed: entry.failed,
        attributes,
    });
}

/// Puts the attributes of the resource into the export and returns the others.
fn attributes<'a>(
    export: &mut Export,
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> Attributes {
    let mut attributes = Attributes::new();
    for (key, value) in pairs {
        let (key, text) = (key.to_string(), value.to_string());
        if RESOURCE.iter().any(|prefix| key.starts_with(prefix)) {
            export.resource.insert(key, text);
        } else {
            // Every value is text here, whatever its type in the program.
            attributes.insert(key, Attribute { text, kind: None });
        }
    }
    attributes
}
