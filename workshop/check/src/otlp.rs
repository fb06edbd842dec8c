//! Reads the messages of OTLP.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value as Any},
    metrics::v1::{
        AggregationTemporality, HistogramDataPoint, Metric as Message, NumberDataPoint,
        metric::Data, number_data_point::Value as Number,
    },
};

use crate::{
    model::{Attribute, Attributes, Export, Histogram, KnownKind, Metric, Temporality, Value},
    registry::Instrument,
};

/// Reads a decoded request.
pub fn read(request: ExportMetricsServiceRequest) -> Export {
    let mut export = Export::default();
    for part in request.resource_metrics {
        let resource = part.resource.unwrap_or_default().attributes;
        export.resource = text(&resource);
        for message in part.scope_metrics.into_iter().flat_map(|scope| scope.metrics) {
            export.metrics.push(metric(message));
        }
    }
    export
}

fn text(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    attributes.iter().map(|pair| (pair.key.clone(), value(pair.value.as_ref()).text)).collect()
}

fn metric(message: Message) -> Metric {
    let mut metric = Metric::new(message.name);
    metric.unit = Some(message.unit);
    match message.data {
        Some(Data::Gauge(gauge)) => {
            metric.instrument = Some(Instrument::Gauge);
            numbers(&mut metric, gauge.data_points);
        }
        Some(Data::Sum(sum)) => {
            let counter = sum.is_monotonic;
            metric.instrument =
                Some(if counter { Instrument::Counter } else { Instrument::UpDownCounter });
            metric.temporality = temporality(sum.aggregation_temporality);
            numbers(&mut metric, sum.data_points);
        }
        Some(Data::Histogram(histogram)) => {
            metric.instrument = Some(Instrument::Histogram);
            metric.temporality = temporality(histogram.aggregation_temporality);
            for point in histogram.data_points {
                histogram_point(&mut metric, point);
            }
        }
        Some(Data::ExponentialHistogram(histogram)) => {
            metric.instrument = Some(Instrument::Histogram);
            metric.temporality = temporality(histogram.aggregation_temporality);
            for point in histogram.data_points {
                let value = Histogram {
                    count: point.count,
                    sum: point.sum.unwrap_or_default(),
                    min: point.min,
                    max: point.max,
                    bounds: Vec::new(),
                };
                metric.record(attributes(point.attributes), Value::Histogram(value));
            }
        }
        // No instrument produces a summary.
        Some(Data::Summary(_)) | None => {}
    }
    metric
}

fn temporality(number: i32) -> Temporality {
    if number == AggregationTemporality::Delta as i32 {
        Temporality::Delta
    } else {
        Temporality::Cumulative
    }
}

fn numbers(metric: &mut Metric, points: Vec<NumberDataPoint>) {
    for point in points {
        #[expect(clippy::cast_precision_loss, reason = "a check sends a few hundred requests")]
        let number = match point.value {
            Some(Number::AsDouble(number)) => number,
            Some(Number::AsInt(number)) => number as f64,
            None => 0.0,
        };
        metric.record(attributes(point.attributes), Value::Number(number));
    }
}

fn histogram_point(metric: &mut Metric, point: HistogramDataPoint) {
    let value = Histogram {
        count: point.count,
        sum: point.sum.unwrap_or_default(),
        min: point.min,
        max: point.max,
        bounds: point.explicit_bounds,
    };
    metric.record(attributes(point.attributes), Value::Histogram(value));
}

fn attributes(pairs: Vec<KeyValue>) -> Attributes {
    pairs.into_iter().map(|pair| (pair.key, value(pair.value.as_ref()))).collect()
}

fn value(any: Option<&AnyValue>) -> Attribute {
    let (text, kind) = match any.and_then(|any| any.value.as_ref()) {
        Some(Any::StringValue(text)) => (text.clone(), KnownKind::String),
        Some(Any::IntValue(number)) => (number.to_string(), KnownKind::Int),
        Some(Any::DoubleValue(number)) => (number.to_string(), KnownKind::Double),
        Some(Any::BoolValue(truth)) => (truth.to_string(), KnownKind::Boolean),
        other => (format!("{other:?}"), KnownKind::Other),
    };
    Attribute { text, kind: Some(kind) }
}
