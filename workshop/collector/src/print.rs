//! Formats metrics as the debug exporter of the Collector 0.162.0 does at `verbosity: detailed` with
//! `use_internal_logger: false`, byte for byte.
//!
//! Follows `exporter/debugexporter/exporter.go` (the first line) and `internal/otlptext/metrics.go`
//! and `databuffer.go` (the rest) of <https://github.com/open-telemetry/opentelemetry-collector>.
//! Like these files, this one omits flags, the zero threshold, and requests without a data point.

use std::io::{self, Write};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{EntityRef, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint,
    SummaryDataPoint, exemplar, metric::Data, number_data_point,
};

use crate::{exp, go, value};

/// The text of a request. Empty if the request has no data point.
#[must_use]
pub fn print(request: &ExportMetricsServiceRequest) -> String {
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = write(request, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Writes the text of a request piece by piece, because the text can be many times larger than the
/// request.
pub fn write(request: &ExportMetricsServiceRequest, out: &mut dyn Write) -> io::Result<()> {
    let metrics = || {
        let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
        scopes.flat_map(|scope| &scope.metrics)
    };
    let data_points: usize = metrics().map(data_points).sum();
    if data_points == 0 {
        return Ok(());
    }
    writeln!(
        out,
        "Metrics\t{{\"resource metrics\": {}, \"metrics\": {}, \"data points\": {data_points}}}",
        request.resource_metrics.len(),
        metrics().count(),
    )?;
    for (i, resource_metrics) in request.resource_metrics.iter().enumerate() {
        writeln!(out, "ResourceMetrics #{i}")?;
        writeln!(out, "Resource SchemaURL: {}", resource_metrics.schema_url)?;
        if let Some(resource) = &resource_metrics.resource {
            attributes("Resource attributes", &resource.attributes, out)?;
            entity_refs(&resource.entity_refs, out)?;
        }
        for (i, scope_metrics) in resource_metrics.scope_metrics.iter().enumerate() {
            writeln!(out, "ScopeMetrics #{i}")?;
            writeln!(out, "ScopeMetrics SchemaURL: {}", scope_metrics.schema_url)?;
            scope(scope_metrics.scope.as_ref(), out)?;
            for (i, metric) in scope_metrics.metrics.iter().enumerate() {
                writeln!(out, "Metric #{i}")?;
                write_metric(metric, out)?;
            }
        }
    }
    // The exporter passes the whole text to its logger, which adds a line feed.
    writeln!(out)
}

fn data_points(metric: &Metric) -> usize {
    match &metric.data {
        None => 0,
        Some(Data::Gauge(gauge)) => gauge.data_points.len(),
        Some(Data::Sum(sum)) => sum.data_points.len(),
        Some(Data::Histogram(histogram)) => histogram.data_points.len(),
        Some(Data::ExponentialHistogram(histogram)) => histogram.data_points.len(),
        Some(Data::Summary(summary)) => summary.data_points.len(),
    }
}

/// Writes a header such as `Resource attributes` and a line for each attribute, if there are any.
/// After a header with an arrow, the lines are indented further.
fn attributes(header: &str, attributes: &[KeyValue], out: &mut dyn Write) -> io::Result<()> {
    if attributes.is_empty() {
        return Ok(());
    }
    writeln!(out, "{header}:")?;
    let indent = header.split_once("->").map_or("", |(indent, _)| indent);
    for KeyValue { key, value, .. } in attributes {
        writeln!(out, "{indent}     -> {key}: {}", value::typed(value.as_ref()))?;
    }
    Ok(())
}

fn entity_refs(refs: &[EntityRef], out: &mut dyn Write) -> io::Result<()> {
    if refs.is_empty() {
        return Ok(());
    }
    writeln!(out, "Resource entity refs:")?;
    for (i, entity) in refs.iter().enumerate() {
        writeln!(out, "     -> Entity ref #{i}:")?;
        writeln!(out, "          -> Type: {}", entity.r#type)?;
        if !entity.schema_url.is_empty() {
            writeln!(out, "          -> Schema URL: {}", entity.schema_url)?;
        }
        for (header, keys) in
            [("ID keys", &entity.id_keys), ("Description keys", &entity.description_keys)]
        {
            if !keys.is_empty() {
                writeln!(out, "          -> {header}:")?;
            }
            for key in keys {
                writeln!(out, "               -> {key}")?;
            }
        }
    }
    Ok(())
}

fn scope(scope: Option<&InstrumentationScope>, out: &mut dyn Write) -> io::Result<()> {
    let Some(InstrumentationScope { name, version, attributes: attrs, .. }) = scope else {
        return writeln!(out, "InstrumentationScope  ");
    };
    writeln!(out, "InstrumentationScope {name} {version}")?;
    attributes("InstrumentationScope attributes", attrs, out)
}

fn write_metric(metric: &Metric, out: &mut dyn Write) -> io::Result<()> {
    let data_type = match &metric.data {
        None => "Empty",
        Some(Data::Gauge(_)) => "Gauge",
        Some(Data::Sum(_)) => "Sum",
        Some(Data::Histogram(_)) => "Histogram",
        Some(Data::ExponentialHistogram(_)) => "ExponentialHistogram",
        Some(Data::Summary(_)) => "Summary",
    };
    writeln!(out, "Descriptor:")?;
    writeln!(out, "     -> Name: {}", metric.name)?;
    writeln!(out, "     -> Description: {}", metric.description)?;
    writeln!(out, "     -> Unit: {}", metric.unit)?;
    writeln!(out, "     -> DataType: {data_type}")?;
    attributes("     -> Metadata", &metric.metadata, out)?;

    match &metric.data {
        None => Ok(()),
        Some(Data::Gauge(gauge)) => each(&gauge.data_points, number, out),
        Some(Data::Sum(sum)) => {
            writeln!(out, "     -> IsMonotonic: {}", sum.is_monotonic)?;
            temporality(sum.aggregation_temporality, out)?;
            each(&sum.data_points, number, out)
        }
        Some(Data::Histogram(data)) => {
            temporality(data.aggregation_temporality, out)?;
            each(&data.data_points, histogram, out)
        }
        Some(Data::ExponentialHistogram(data)) => {
            temporality(data.aggregation_temporality, out)?;
            each(&data.data_points, exponential_histogram, out)
        }
        Some(Data::Summary(data)) => each(&data.data_points, summary, out),
    }
}

fn temporality(value: i32, out: &mut dyn Write) -> io::Result<()> {
    let name = match value {
        0 => "Unspecified",
        1 => "Delta",
        2 => "Cumulative",
        _ => "",
    };
    writeln!(out, "     -> AggregationTemporality: {name}")
}

fn each<T>(
    points: &[T],
    print_one: fn(usize, &T, &mut dyn Write) -> io::Result<()>,
    out: &mut dyn Write,
) -> io::Result<()> {
    points.iter().enumerate().try_for_each(|(i, point)| print_one(i, point, out))
}

fn point_attributes(attrs: &[KeyValue], out: &mut dyn Write) -> io::Result<()> {
    attributes("Data point attributes", attrs, out)
}

fn times(start: u64, time: u64, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "StartTimestamp: {}", go::timestamp(start))?;
    writeln!(out, "Timestamp: {}", go::timestamp(time))
}

fn number(i: usize, point: &NumberDataPoint, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "NumberDataPoints #{i}")?;
    point_attributes(&point.attributes, out)?;
    times(point.start_time_unix_nano, point.time_unix_nano, out)?;
    match point.value {
        None => {}
        Some(number_data_point::Value::AsInt(value)) => writeln!(out, "Value: {value}")?,
        Some(number_data_point::Value::AsDouble(value)) => {
            writeln!(out, "Value: {}", go::fixed(value))?;
        }
    }
    exemplars(&point.exemplars, out)
}

fn count_sum_min_max(
    count: u64,
    optional: [(&str, Option<f64>); 3],
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "Count: {count}")?;
    for (name, value) in optional {
        if let Some(value) = value {
            writeln!(out, "{name}: {}", go::fixed(value))?;
        }
    }
    Ok(())
}

fn histogram(i: usize, point: &HistogramDataPoint, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "HistogramDataPoints #{i}")?;
    point_attributes(&point.attributes, out)?;
    times(point.start_time_unix_nano, point.time_unix_nano, out)?;
    let optional = [("Sum", point.sum), ("Min", point.min), ("Max", point.max)];
    count_sum_min_max(point.count, optional, out)?;
    for (i, bound) in point.explicit_bounds.iter().enumerate() {
        writeln!(out, "ExplicitBounds #{i}: {}", go::fixed(*bound))?;
    }
    for (i, count) in point.bucket_counts.iter().enumerate() {
        writeln!(out, "Buckets #{i}, Count: {count}")?;
    }
    exemplars(&point.exemplars, out)
}

fn exponential_histogram(
    i: usize,
    point: &ExponentialHistogramDataPoint,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "ExponentialHistogramDataPoints #{i}")?;
    point_attributes(&point.attributes, out)?;
    times(point.start_time_unix_nano, point.time_unix_nano, out)?;
    let optional = [("Sum", point.sum), ("Min", point.min), ("Max", point.max)];
    count_sum_min_max(point.count, optional, out)?;

    // A bucket's bounds are base^index and base^(index + 1), with base = 2^(2^-scale).
    let factor = exp::ln2_times_power_of_two(-i64::from(point.scale));
    let bounds = |buckets: &Buckets, position: usize| {
        #[expect(clippy::cast_precision_loss, reason = "a request is too small for 2^53 buckets")]
        let index = f64::from(buckets.offset) + position as f64;
        (exp::exp(index * factor), exp::exp((index + 1.0) * factor))
    };
    if let Some(buckets) = &point.negative {
        for (position, count) in buckets.bucket_counts.iter().enumerate().rev() {
            let (lower, upper) = bounds(buckets, position);
            let (from, to) = (go::fixed(-upper), go::fixed(-lower));
            writeln!(out, "Bucket [{from}, {to}), Count: {count}")?;
        }
    }
    if point.zero_count != 0 {
        writeln!(out, "Bucket [0, 0], Count: {}", point.zero_count)?;
    }
    if let Some(buckets) = &point.positive {
        for (position, count) in buckets.bucket_counts.iter().enumerate() {
            let (lower, upper) = bounds(buckets, position);
            let (from, to) = (go::fixed(lower), go::fixed(upper));
            writeln!(out, "Bucket ({from}, {to}], Count: {count}")?;
        }
    }
    exemplars(&point.exemplars, out)
}

fn summary(i: usize, point: &SummaryDataPoint, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "SummaryDataPoints #{i}")?;
    point_attributes(&point.attributes, out)?;
    times(point.start_time_unix_nano, point.time_unix_nano, out)?;
    writeln!(out, "Count: {}", point.count)?;
    writeln!(out, "Sum: {}", go::fixed(point.sum))?;
    for (i, at) in point.quantile_values.iter().enumerate() {
        let (quantile, value) = (go::fixed(at.quantile), go::fixed(at.value));
        writeln!(out, "QuantileValue #{i}: Quantile {quantile}, Value {value}")?;
    }
    Ok(())
}

fn exemplars(exemplars: &[Exemplar], out: &mut dyn Write) -> io::Result<()> {
    if exemplars.is_empty() {
        return Ok(());
    }
    writeln!(out, "Exemplars:")?;
    for (i, exemplar) in exemplars.iter().enumerate() {
        writeln!(out, "Exemplar #{i}")?;
        writeln!(out, "     -> Trace ID: {}", value::id(&exemplar.trace_id))?;
        writeln!(out, "     -> Span ID: {}", value::id(&exemplar.span_id))?;
        writeln!(out, "     -> Timestamp: {}", go::timestamp(exemplar.time_unix_nano))?;
        match exemplar.value {
            None => {}
            Some(exemplar::Value::AsInt(value)) => writeln!(out, "     -> Value: {value}")?,
            Some(exemplar::Value::AsDouble(value)) => {
                writeln!(out, "     -> Value: {}", go::fixed(value))?;
            }
        }
        attributes("     -> FilteredAttributes", &exemplar.filtered_attributes, out)?;
    }
    Ok(())
}
