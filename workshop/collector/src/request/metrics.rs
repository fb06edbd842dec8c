//! Metrics, based on `otlptext/metrics.go` and `databuffer.go`. Like those files, this module omits
//! flags and the zero threshold.

use std::io::{self, Write};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric,
    NumberDataPoint, SummaryDataPoint, exemplar, metric::Data, number_data_point,
};

use super::{ExportRequest, Ids};
use crate::{exp, go, text, value};

impl ExportRequest for ExportMetricsServiceRequest {
    const NAME: &str = "ExportMetricsServiceRequest";
    const PATH: &str = "/v1/metrics";

    fn ids(&self) -> impl Iterator<Item = Ids<'_>> {
        let exemplars = metrics(self).flat_map(exemplars_of);
        exemplars.map(|exemplar| Ids { trace: &exemplar.trace_id, span: &exemplar.span_id })
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let points: usize = metrics(self).map(data_points).sum();
        if points == 0 {
            return Ok(());
        }
        let (resources, metrics) = (self.resource_metrics.len(), metrics(self).count());
        writeln!(
            out,
            "Metrics\t{{\"resource metrics\": {resources}, \"metrics\": {metrics}, \
             \"data points\": {points}}}"
        )?;
        for (i, of_resource) in self.resource_metrics.iter().enumerate() {
            let (schema_url, resource) = (&of_resource.schema_url, of_resource.resource.as_ref());
            text::resource("ResourceMetrics", i, schema_url, resource, out)?;
            for (i, of_scope) in of_resource.scope_metrics.iter().enumerate() {
                let (schema_url, scope) = (&of_scope.schema_url, of_scope.scope.as_ref());
                text::scope("ScopeMetrics", i, schema_url, scope, out)?;
                for (i, metric) in of_scope.metrics.iter().enumerate() {
                    writeln!(out, "Metric #{i}")?;
                    write_metric(metric, out)?;
                }
            }
        }
        text::end(out)
    }
}

fn metrics(request: &ExportMetricsServiceRequest) -> impl Iterator<Item = &Metric> {
    let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
    scopes.flat_map(|scope| &scope.metrics)
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

fn exemplars_of(metric: &Metric) -> Box<dyn Iterator<Item = &Exemplar> + '_> {
    match &metric.data {
        Some(Data::Gauge(data)) => Box::new(data.data_points.iter().flat_map(|p| &p.exemplars)),
        Some(Data::Sum(data)) => Box::new(data.data_points.iter().flat_map(|p| &p.exemplars)),
        Some(Data::Histogram(data)) => Box::new(data.data_points.iter().flat_map(|p| &p.exemplars)),
        Some(Data::ExponentialHistogram(data)) => {
            Box::new(data.data_points.iter().flat_map(|p| &p.exemplars))
        }
        Some(Data::Summary(_)) | None => Box::new(std::iter::empty()),
    }
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
    text::attributes("     -> Metadata", &metric.metadata, out)?;

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
    let name = value::enumeration::<AggregationTemporality>(value);
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
    text::attributes("Data point attributes", attrs, out)
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
        text::attributes("     -> FilteredAttributes", &exemplar.filtered_attributes, out)?;
    }
    Ok(())
}
