//! The keys of each OTLP message in JSON, and the fields that they set.
//!
//! Based on `metrics/v1/metrics.proto`, `trace/v1/trace.proto`, `logs/v1/logs.proto`,
//! `resource/v1/resource.proto`, `common/v1/common.proto` and the folder `collector` of
//! <https://github.com/open-telemetry/opentelemetry-proto>.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList, any_value::Value,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary,
    SummaryDataPoint, exemplar, metric::Data, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use serde::de::MapAccess;

use super::values::Base64;
use super::{Message, append, choose, enumeration, id, merge, set, set_some, skip};

/// `Type { "key" => how(field), }`: `how` reads the value of `key` into `field`. Other keys are
/// skipped.
macro_rules! messages {
    ($($message:ident {
        $($key:literal => $how:ident($field:ident $(, $member:expr)?),)*
    })*) => {$(
        impl Message for $message {
            fn field<'de, A: MapAccess<'de>>(
                &mut self,
                key: &str,
                json: &mut A,
            ) -> Result<(), A::Error> {
                match key {
                    $($key => $how(&mut self.$field, $($member,)? json),)*
                    _ => skip(json),
                }
            }
        }
    )*};
}

messages! {
    ExportMetricsServiceRequest {
        "resourceMetrics" => append(resource_metrics),
    }

    ResourceMetrics {
        "resource" => merge(resource),
        "scopeMetrics" => append(scope_metrics),
        "schemaUrl" => set(schema_url),
    }

    Resource {
        "attributes" => append(attributes),
        "droppedAttributesCount" => set(dropped_attributes_count),
        "entityRefs" => append(entity_refs),
    }

    EntityRef {
        "schemaUrl" => set(schema_url),
        "type" => set(r#type),
        "idKeys" => append(id_keys),
        "descriptionKeys" => append(description_keys),
    }

    ScopeMetrics {
        "scope" => merge(scope),
        "metrics" => append(metrics),
        "schemaUrl" => set(schema_url),
    }

    InstrumentationScope {
        "name" => set(name),
        "version" => set(version),
        "attributes" => append(attributes),
        "droppedAttributesCount" => set(dropped_attributes_count),
    }

    Metric {
        "name" => set(name),
        "description" => set(description),
        "unit" => set(unit),
        "metadata" => append(metadata),
        "gauge" => choose(data, Data::Gauge),
        "sum" => choose(data, Data::Sum),
        "histogram" => choose(data, Data::Histogram),
        "exponentialHistogram" => choose(data, Data::ExponentialHistogram),
        "summary" => choose(data, Data::Summary),
    }

    Gauge {
        "dataPoints" => append(data_points),
    }

    Sum {
        "dataPoints" => append(data_points),
        "aggregationTemporality" => enumeration(aggregation_temporality),
        "isMonotonic" => set(is_monotonic),
    }

    Histogram {
        "dataPoints" => append(data_points),
        "aggregationTemporality" => enumeration(aggregation_temporality),
    }

    ExponentialHistogram {
        "dataPoints" => append(data_points),
        "aggregationTemporality" => enumeration(aggregation_temporality),
    }

    Summary {
        "dataPoints" => append(data_points),
    }

    NumberDataPoint {
        "attributes" => append(attributes),
        "startTimeUnixNano" => set(start_time_unix_nano),
        "timeUnixNano" => set(time_unix_nano),
        "asDouble" => choose(value, number_data_point::Value::AsDouble),
        "asInt" => choose(value, number_data_point::Value::AsInt),
        "exemplars" => append(exemplars),
        "flags" => set(flags),
    }

    HistogramDataPoint {
        "attributes" => append(attributes),
        "startTimeUnixNano" => set(start_time_unix_nano),
        "timeUnixNano" => set(time_unix_nano),
        "count" => set(count),
        "sum" => set_some(sum),
        "bucketCounts" => append(bucket_counts),
        "explicitBounds" => append(explicit_bounds),
        "exemplars" => append(exemplars),
        "flags" => set(flags),
        "min" => set_some(min),
        "max" => set_some(max),
    }

    ExponentialHistogramDataPoint {
        "attributes" => append(attributes),
        "startTimeUnixNano" => set(start_time_unix_nano),
        "timeUnixNano" => set(time_unix_nano),
        "count" => set(count),
        "sum" => set_some(sum),
        "scale" => set(scale),
        "zeroCount" => set(zero_count),
        "positive" => merge(positive),
        "negative" => merge(negative),
        "flags" => set(flags),
        "exemplars" => append(exemplars),
        "min" => set_some(min),
        "max" => set_some(max),
        "zeroThreshold" => set(zero_threshold),
    }

    Buckets {
        "offset" => set(offset),
        "bucketCounts" => append(bucket_counts),
    }

    SummaryDataPoint {
        "attributes" => append(attributes),
        "startTimeUnixNano" => set(start_time_unix_nano),
        "timeUnixNano" => set(time_unix_nano),
        "count" => set(count),
        "sum" => set(sum),
        "quantileValues" => append(quantile_values),
        "flags" => set(flags),
    }

    ValueAtQuantile {
        "quantile" => set(quantile),
        "value" => set(value),
    }

    Exemplar {
        "filteredAttributes" => append(filtered_attributes),
        "timeUnixNano" => set(time_unix_nano),
        "asDouble" => choose(value, exemplar::Value::AsDouble),
        "asInt" => choose(value, exemplar::Value::AsInt),
        "traceId" => id(trace_id),
        "spanId" => id(span_id),
    }

    ExportTraceServiceRequest {
        "resourceSpans" => append(resource_spans),
    }

    ResourceSpans {
        "resource" => merge(resource),
        "scopeSpans" => append(scope_spans),
        "schemaUrl" => set(schema_url),
    }

    ScopeSpans {
        "scope" => merge(scope),
        "spans" => append(spans),
        "schemaUrl" => set(schema_url),
    }

    Span {
        "traceId" => id(trace_id),
        "spanId" => id(span_id),
        "traceState" => set(trace_state),
        "parentSpanId" => id(parent_span_id),
        "flags" => set(flags),
        "name" => set(name),
        "kind" => enumeration(kind),
        "startTimeUnixNano" => set(start_time_unix_nano),
        "endTimeUnixNano" => set(end_time_unix_nano),
        "attributes" => append(attributes),
        "droppedAttributesCount" => set(dropped_attributes_count),
        "events" => append(events),
        "droppedEventsCount" => set(dropped_events_count),
        "links" => append(links),
        "droppedLinksCount" => set(dropped_links_count),
        "status" => merge(status),
    }

    Event {
        "timeUnixNano" => set(time_unix_nano),
        "name" => set(name),
        "attributes" => append(attributes),
        "droppedAttributesCount" => set(dropped_attributes_count),
    }

    Link {
        "traceId" => id(trace_id),
        "spanId" => id(span_id),
        "traceState" => set(trace_state),
        "attributes" => append(attributes),
        "droppedAttributesCount" => set(dropped_attributes_count),
        "flags" => set(flags),
    }

    Status {
        "message" => set(message),
        "code" => enumeration(code),
    }

    ExportLogsServiceRequest {
        "resourceLogs" => append(resource_logs),
    }

    ResourceLogs {
        "resource" => merge(resource),
        "scopeLogs" => append(scope_logs),
        "schemaUrl" => set(schema_url),
    }

    ScopeLogs {
        "scope" => merge(scope),
        "logRecords" => append(log_records),
        "schemaUrl" => set(schema_url),
    }

    LogRecord {
        "timeUnixNano" => set(time_unix_nano),
        "observedTimeUnixNano" => set(observed_time_unix_nano),
        "severityNumber" => enumeration(severity_number),
        "severityText" => set(severity_text),
        "body" => merge(body),
        "attributes" => append(attributes),
        "droppedAttributesCount" => set(dropped_attributes_count),
        "flags" => set(flags),
        "traceId" => id(trace_id),
        "spanId" => id(span_id),
        "eventName" => set(event_name),
    }

    KeyValue {
        "key" => set(key),
        "value" => merge(value),
        "keyStrindex" => set(key_strindex),
    }

    AnyValue {
        "stringValue" => choose(value, Value::StringValue),
        "boolValue" => choose(value, Value::BoolValue),
        "intValue" => choose(value, Value::IntValue),
        "doubleValue" => choose(value, Value::DoubleValue),
        "arrayValue" => choose(value, Value::ArrayValue),
        "kvlistValue" => choose(value, Value::KvlistValue),
        "bytesValue" => choose(value, |Base64(bytes)| Value::BytesValue(bytes)),
        "stringValueStrindex" => choose(value, Value::StringValueStrindex),
    }

    ArrayValue {
        "values" => append(values),
    }

    KeyValueList {
        "values" => append(values),
    }
}
