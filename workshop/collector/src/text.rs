//! Writes the parts of the text that all signals have in common.
//!
//! Based on `databuffer.go` in `exporter/debugexporter/internal/otlptext` in the Collector's
//! sources.

use std::io::{self, Write};

use opentelemetry_proto::tonic::common::v1::{EntityRef, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;

use crate::value;

/// Writes the resource with the index `i`, after the name of its list.
pub fn resource(
    list: &str,
    i: usize,
    schema_url: &str,
    resource: Option<&Resource>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{list} #{i}")?;
    writeln!(out, "Resource SchemaURL: {schema_url}")?;
    let Some(resource) = resource else { return Ok(()) };
    attributes("Resource attributes", &resource.attributes, out)?;
    entity_refs(&resource.entity_refs, out)
}

/// Writes the scope with the index `i`, after the name of its list.
pub fn scope(
    list: &str,
    i: usize,
    schema_url: &str,
    scope: Option<&InstrumentationScope>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{list} #{i}")?;
    writeln!(out, "{list} SchemaURL: {schema_url}")?;
    let Some(InstrumentationScope { name, version, attributes: attrs, .. }) = scope else {
        return writeln!(out, "InstrumentationScope  ");
    };
    writeln!(out, "InstrumentationScope {name} {version}")?;
    attributes("InstrumentationScope attributes", attrs, out)
}

/// Writes the empty line at the end of a request: the exporter passes the whole text to its logger,
/// which adds a line feed.
pub fn end(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)
}

/// Writes a header such as `Resource attributes` and a line for each attribute, if there are any.
/// After a header with an arrow, the lines are indented further.
pub fn attributes(header: &str, attributes: &[KeyValue], out: &mut dyn Write) -> io::Result<()> {
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
