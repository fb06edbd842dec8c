//! Logs, based on `otlptext/logs.go`. Like that file, this module omits the count of dropped
//! attributes.

use std::io::{self, Write};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};

use super::{ExportRequest, Ids};
use crate::{go, text, value};

impl ExportRequest for ExportLogsServiceRequest {
    const NAME: &str = "ExportLogsServiceRequest";
    const PATH: &str = "/v1/logs";

    fn ids(&self) -> impl Iterator<Item = Ids<'_>> {
        records(self).map(|record| Ids { trace: &record.trace_id, span: &record.span_id })
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let (resources, records) = (self.resource_logs.len(), records(self).count());
        if records == 0 {
            return Ok(());
        }
        writeln!(out, "Logs\t{{\"resource logs\": {resources}, \"log records\": {records}}}")?;
        for (i, of_resource) in self.resource_logs.iter().enumerate() {
            let (schema_url, resource) = (&of_resource.schema_url, of_resource.resource.as_ref());
            text::resource("ResourceLog", i, schema_url, resource, out)?;
            for (i, of_scope) in of_resource.scope_logs.iter().enumerate() {
                let (schema_url, scope) = (&of_scope.schema_url, of_scope.scope.as_ref());
                text::scope("ScopeLogs", i, schema_url, scope, out)?;
                for (i, record) in of_scope.log_records.iter().enumerate() {
                    writeln!(out, "LogRecord #{i}")?;
                    write_record(record, out)?;
                }
            }
        }
        text::end(out)
    }
}

fn records(request: &ExportLogsServiceRequest) -> impl Iterator<Item = &LogRecord> {
    let scopes = request.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
    scopes.flat_map(|scope| &scope.log_records)
}

fn write_record(record: &LogRecord, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "ObservedTimestamp: {}", go::timestamp(record.observed_time_unix_nano))?;
    writeln!(out, "Timestamp: {}", go::timestamp(record.time_unix_nano))?;
    writeln!(out, "SeverityText: {}", record.severity_text)?;
    let severity = record.severity_number;
    let name = value::enumeration::<SeverityNumber>(severity);
    writeln!(out, "SeverityNumber: {name}({severity})")?;
    if !record.event_name.is_empty() {
        writeln!(out, "EventName: {}", record.event_name)?;
    }
    writeln!(out, "Body: {}", value::typed(record.body.as_ref()))?;
    text::attributes("Attributes", &record.attributes, out)?;
    writeln!(out, "Trace ID: {}", value::id(&record.trace_id))?;
    writeln!(out, "Span ID: {}", value::id(&record.span_id))?;
    writeln!(out, "Flags: {}", record.flags)
}
