//! Spans as a back end received them, in envelopes or in OTLP.

use std::collections::BTreeMap;

use harness::Received;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::status::StatusCode,
};
use prost::Message;

use crate::session::envelopes;

/// An ended span.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The name of the service that sent the span.
    pub service: String,
    /// The ID of its trace.
    pub trace: String,
    /// The span's own ID.
    pub id: String,
    /// The ID of its parent, empty for the first span of a trace.
    pub parent: String,
    /// `SERVER`, `CLIENT` or `INTERNAL`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Whether the status is an error.
    pub failed: bool,
    /// The description of its status, which an envelope does not have.
    pub description: String,
    /// Its attributes, without those of the resource.
    pub attributes: BTreeMap<String, String>,
}

/// The spans in these exports, in the order of their arrival.
pub fn spans(requests: &[Received]) -> Vec<Span> {
    let spans = requests.iter().flat_map(|request| match request.path.as_str() {
        "/v2/track" => envelopes(&request.body).iter().filter_map(from_envelope).collect(),
        "/v1/traces" => from_otlp(&request.body),
        _ => Vec::new(),
    });
    spans.collect()
}

fn from_envelope(envelope: &serde_json::Value) -> Option<Span> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_string();
    let (tags, data) = (&envelope["tags"], &envelope["data"]["baseData"]);
    let kind = match (envelope["data"]["baseType"].as_str()?, data["type"].as_str()) {
        ("RequestData", _) => "SERVER",
        ("RemoteDependencyData", Some("InProc")) => "INTERNAL",
        ("RemoteDependencyData", _) => "CLIENT",
        _ => return None,
    };
    let properties = data["properties"].as_object().expect("the resource's, at least");
    let own = properties
        .iter()
        .filter(|(key, _)| !key.starts_with("service.") && !key.starts_with("telemetry.sdk."));
    Some(Span {
        service: text(&tags["ai.cloud.role"]),
        trace: text(&tags["ai.operation.id"]),
        id: text(&data["id"]),
        parent: text(&tags["ai.operation.parentId"]),
        kind: kind.to_string(),
        name: text(&data["name"]),
        failed: data["success"] == false,
        description: String::new(),
        attributes: own.map(|(key, value)| (key.clone(), text(value))).collect(),
    })
}

fn from_otlp(body: &[u8]) -> Vec<Span> {
    let request = ExportTraceServiceRequest::decode(body).expect("the export is OTLP in protobuf");
    let mut spans = Vec::new();
    for resource in request.resource_spans {
        let attributes = resource.resource.map(|resource| resource.attributes).unwrap_or_default();
        let service = attributes_of(attributes).remove("service.name").unwrap_or_default();
        for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            let kind = span.kind().as_str_name().trim_start_matches("SPAN_KIND_").to_string();
            let status = span.status.unwrap_or_default();
            spans.push(Span {
                service: service.clone(),
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                kind,
                name: span.name,
                failed: status.code() == StatusCode::Error,
                description: status.message,
                attributes: attributes_of(span.attributes),
            });
        }
    }
    spans
}

/// An ID in hexadecimal digits, as in an envelope.
pub(crate) fn hex(id: &[u8]) -> String {
    let digits = id.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// Panics if a key occurs twice.
pub(crate) fn attributes_of(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value: Option<AnyValue>| match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("unexpected value: {other:?}"),
    };
    let mut map = BTreeMap::new();
    for attribute in attributes {
        let key = attribute.key;
        assert!(map.insert(key.clone(), text(attribute.value)).is_none(), "{key} is there twice");
    }
    map
}
