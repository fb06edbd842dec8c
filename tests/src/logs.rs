//! Log records as a back end received them, in envelopes or in OTLP.

use std::collections::BTreeMap;

use harness::Received;
use opentelemetry_proto::tonic::{
    collector::logs::v1::ExportLogsServiceRequest, common::v1::any_value::Value,
};
use prost::Message;

use crate::{session::envelopes, spans::attributes_of, spans::hex};

/// A log record.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// The name of the service that sent the log record.
    pub service: String,
    /// The ID of its trace, empty if there is none.
    pub trace: String,
    /// The ID of its span, empty if there is none.
    pub span: String,
    /// The name of the event, which an envelope does not have.
    pub event: String,
    /// The target, which is the module in the program. An envelope does not have it.
    pub target: String,
    /// The severity level of Application Insights: 1 is information, 2 a warning.
    pub severity: i64,
    /// Its text.
    pub body: String,
    /// Its attributes.
    pub attributes: BTreeMap<String, String>,
}

/// The log records in these exports, in the order of their arrival.
pub fn logs(requests: &[Received]) -> Vec<Log> {
    let logs = requests.iter().flat_map(|request| match request.path.as_str() {
        "/v2/track" => envelopes(&request.body).iter().filter_map(from_envelope).collect(),
        "/v1/logs" => from_otlp(&request.body),
        _ => Vec::new(),
    });
    logs.collect()
}

fn from_envelope(envelope: &serde_json::Value) -> Option<Log> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_string();
    let (tags, data) = (&envelope["tags"], &envelope["data"]["baseData"]);
    if envelope["data"]["baseType"] != "MessageData" {
        return None;
    }
    let properties = data["properties"].as_object().cloned().unwrap_or_default();
    Some(Log {
        service: text(&tags["ai.cloud.role"]),
        trace: text(&tags["ai.operation.id"]),
        span: text(&tags["ai.operation.parentId"]),
        event: String::new(),
        target: String::new(),
        severity: data["severityLevel"].as_i64().expect("a level"),
        body: text(&data["message"]),
        attributes: properties.iter().map(|(key, value)| (key.clone(), text(value))).collect(),
    })
}

fn from_otlp(body: &[u8]) -> Vec<Log> {
    let request = ExportLogsServiceRequest::decode(body).expect("the export is OTLP in protobuf");
    let mut logs = Vec::new();
    for resource in request.resource_logs {
        let attributes = resource.resource.map(|resource| resource.attributes).unwrap_or_default();
        let service = attributes_of(attributes).remove("service.name").unwrap_or_default();
        for scope in resource.scope_logs {
            let target = scope.scope.unwrap_or_default().name;
            for record in scope.log_records {
                let body = match record.body.and_then(|body| body.value) {
                    Some(Value::StringValue(text)) => text,
                    other => panic!("unexpected body: {other:?}"),
                };
                logs.push(Log {
                    service: service.clone(),
                    trace: hex(&record.trace_id),
                    span: hex(&record.span_id),
                    event: record.event_name,
                    target: target.clone(),
                    // OTLP has four numbers for each level, from 1 for TRACE on. DEBUG is as TRACE.
                    severity: i64::from((record.severity_number - 5) / 4),
                    body,
                    attributes: attributes_of(record.attributes),
                });
            }
        }
    }
    logs
}
