//! Application Insights' envelopes: an array in JSON, as an exporter posts it.
//!
//! An envelope has neither unit nor description. Resource attributes are among the properties of
//! every point, so they can be told by nothing but their names.

use serde_json::Value;

use super::{Attributes, Instrument, Kind, Telemetry, add};

/// The namespaces of resource attributes in OpenTelemetry's semantic conventions.
const RESOURCE: [&str; 10] = [
    "cloud.",
    "container.",
    "deployment.",
    "device.",
    "host.",
    "k8s.",
    "os.",
    "process.",
    "service.",
    "telemetry.",
];

/// The metrics in this text, if it is such a text.
pub(super) fn read(whole: &str) -> Option<Telemetry> {
    let envelopes: Vec<Value> = serde_json::from_str(whole).ok()?;
    let mut telemetry = Telemetry::new();
    let mut known = false;
    for envelope in &envelopes {
        let data = &envelope["data"];
        known |= data["baseType"].is_string();
        if data["baseType"] != "MetricData" {
            continue;
        }
        let properties = data["baseData"]["properties"].as_object();
        let attributes: Attributes = properties
            .into_iter()
            .flatten()
            .filter(|(key, _)| !RESOURCE.iter().any(|namespace| key.starts_with(namespace)))
            .map(|(key, value)| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
                (key.clone(), text)
            })
            .collect();
        for point in data["baseData"]["metrics"].as_array().into_iter().flatten() {
            let Some(name) = point["name"].as_str() else { continue };
            // Only a histogram knows how many measurements it is made of.
            let kind = if point["count"].is_null() { Kind::Sum } else { Kind::Histogram };
            let series = [attributes.clone()].into();
            let instrument = Instrument { kind, unit: None, description: None, series };
            add(&mut telemetry, name.to_string(), instrument);
        }
    }
    known.then_some(telemetry)
}
