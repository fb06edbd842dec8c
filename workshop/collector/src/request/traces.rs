//! Traces, based on `otlptext/traces.go` and `databuffer.go`. Like those files, this module omits
//! flags.

use std::io::{self, Write};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::{Span, status::StatusCode};

use super::{ExportRequest, Ids};
use crate::{go, text, value};

impl ExportRequest for ExportTraceServiceRequest {
    const NAME: &str = "ExportTraceServiceRequest";
    const PATH: &str = "/v1/traces";

    fn ids(&self) -> impl Iterator<Item = Ids<'_>> {
        spans(self).flat_map(|span| {
            let links = span.links.iter();
            let links = links.map(|link| Ids { trace: &link.trace_id, span: &link.span_id });
            let own = Ids { trace: &span.trace_id, span: &span.span_id };
            [own, Ids { trace: &[], span: &span.parent_span_id }].into_iter().chain(links)
        })
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let (resources, spans) = (self.resource_spans.len(), spans(self).count());
        if spans == 0 {
            return Ok(());
        }
        writeln!(out, "Traces\t{{\"resource spans\": {resources}, \"spans\": {spans}}}")?;
        for (i, of_resource) in self.resource_spans.iter().enumerate() {
            let (schema_url, resource) = (&of_resource.schema_url, of_resource.resource.as_ref());
            text::resource("ResourceSpans", i, schema_url, resource, out)?;
            for (i, of_scope) in of_resource.scope_spans.iter().enumerate() {
                let (schema_url, scope) = (&of_scope.schema_url, of_scope.scope.as_ref());
                text::scope("ScopeSpans", i, schema_url, scope, out)?;
                for (i, span) in of_scope.spans.iter().enumerate() {
                    writeln!(out, "Span #{i}")?;
                    write_span(span, out)?;
                }
            }
        }
        text::end(out)
    }
}

fn spans(request: &ExportTraceServiceRequest) -> impl Iterator<Item = &Span> {
    let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
    scopes.flat_map(|scope| &scope.spans)
}

fn write_span(span: &Span, out: &mut dyn Write) -> io::Result<()> {
    let mut field = |name: &str, value: &str| writeln!(out, "    {name:<15}: {value}");
    field("Trace ID", &value::id(&span.trace_id))?;
    field("Parent ID", &value::id(&span.parent_span_id))?;
    field("ID", &value::id(&span.span_id))?;
    field("Name", &span.name)?;
    field("Kind", &value::enumeration::<SpanKind>(span.kind))?;
    if !span.trace_state.is_empty() {
        field("TraceState", &span.trace_state)?;
    }
    field("Start time", &go::timestamp(span.start_time_unix_nano))?;
    field("End time", &go::timestamp(span.end_time_unix_nano))?;
    let (code, message) = span.status.as_ref().map_or((0, ""), |s| (s.code, &s.message));
    field("Status code", &value::enumeration::<StatusCode>(code))?;
    field("Status message", message)?;
    field("DroppedAttributesCount", &span.dropped_attributes_count.to_string())?;
    field("DroppedEventsCount", &span.dropped_events_count.to_string())?;
    field("DroppedLinksCount", &span.dropped_links_count.to_string())?;
    text::attributes("Attributes", &span.attributes, out)?;
    events(&span.events, out)?;
    links(&span.links, out)
}

fn events(events: &[Event], out: &mut dyn Write) -> io::Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    writeln!(out, "Events:")?;
    for (i, event) in events.iter().enumerate() {
        writeln!(out, "SpanEvent #{i}")?;
        writeln!(out, "     -> Name: {}", event.name)?;
        writeln!(out, "     -> Timestamp: {}", go::timestamp(event.time_unix_nano))?;
        writeln!(out, "     -> DroppedAttributesCount: {}", event.dropped_attributes_count)?;
        // Two colons, as in the Collector.
        text::attributes("     -> Attributes:", &event.attributes, out)?;
    }
    Ok(())
}

fn links(links: &[Link], out: &mut dyn Write) -> io::Result<()> {
    if links.is_empty() {
        return Ok(());
    }
    writeln!(out, "Links:")?;
    for (i, link) in links.iter().enumerate() {
        writeln!(out, "SpanLink #{i}")?;
        writeln!(out, "     -> Trace ID: {}", value::id(&link.trace_id))?;
        writeln!(out, "     -> ID: {}", value::id(&link.span_id))?;
        writeln!(out, "     -> TraceState: {}", link.trace_state)?;
        writeln!(out, "     -> DroppedAttributesCount: {}", link.dropped_attributes_count)?;
        text::attributes("     -> Attributes:", &link.attributes, out)?;
    }
    Ok(())
}
