//! Reads the envelopes of Application Insights.

use app_insights::ingest::envelope::MetricItem;

use crate::{
    model::{Attribute, Attributes, Export, Histogram, Metric, Temporality, Value},
    registry::Instrument,
};

/// The exporter puts the attributes of the resource among those of the series.
const RESOURCE: [&str; 2] = ["service.", "telemetry."];

/// Reads the valid envelopes of a request.
pub fn read(items: impl IntoIterator<Item = MetricItem>) -> Export {
    let mut export = Export::default();
    for item in items {
        let mut attributes = Attributes::new();
        for (key, value) in item.point.series.dimensions.iter() {
            if RESOURCE.iter().any(|prefix| key.starts_with(prefix)) {
                export.resource.insert(key.to_string(), value.to_string());
            } else {
                // Every value is text here, whatever it was in the program.
                let value = Attribute { text: value.to_string(), kind: None };
                attributes.insert(key.to_string(), value);
            }
        }
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
            // Or an up-down counter, which looks the same.
            metric.instrument = Some(Instrument::Counter);
            Value::Number(aggregate.sum())
        };
        metric.record(attributes, value);
        export.metrics.push(metric);
    }
    export
}
