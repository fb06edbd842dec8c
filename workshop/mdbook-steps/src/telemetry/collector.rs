//! The text of the Collector's debug exporter at verbosity `detailed`.

use std::collections::BTreeSet;

use super::{Attributes, Instrument, Kind, Telemetry, add, text};

/// The metrics in this text, if it is such a text.
pub(super) fn read(whole: &str) -> Option<Telemetry> {
    if !whole.lines().any(|line| line.starts_with("ResourceMetrics #")) {
        return None;
    }
    let mut telemetry = Telemetry::new();
    let mut metric: Option<Metric> = None;
    for line in whole.lines() {
        let opens = ["Metric #", "ResourceMetrics #", "ScopeMetrics #", "Metrics\t"];
        if opens.iter().any(|opener| line.starts_with(opener)) {
            finish(&mut telemetry, metric.take());
            if line.starts_with("Metric #") {
                metric = Some(Metric::default());
            }
            continue;
        }
        let Some(metric) = &mut metric else { continue };
        if line.split(" #").next().is_some_and(|start| start.ends_with("DataPoints")) {
            metric.series.push(Attributes::new());
            metric.attributes = false;
        } else if line == "Data point attributes:" {
            metric.attributes = true;
        } else if let Some((key, value)) =
            line.trim_start().strip_prefix("-> ").and_then(|field| field.split_once(':'))
        {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match metric.series.last_mut() {
                Some(series) if metric.attributes => {
                    series.insert(key.to_string(), bare(value).to_string());
                }
                Some(_) => {}
                None => metric.describe(key, value),
            }
        } else {
            // Exemplars have attributes too, which belong to no series.
            metric.attributes = false;
        }
    }
    finish(&mut telemetry, metric);
    Some(telemetry)
}

/// `Str(GET)` and `Int(200)` are what other formats call `GET` and `200`.
fn bare(value: &str) -> &str {
    let inner = value.split_once('(').and_then(|(kind, rest)| {
        let known = matches!(kind, "Str" | "Int" | "Double" | "Bool" | "Bytes" | "Slice" | "Map");
        known.then(|| rest.strip_suffix(')')).flatten()
    });
    inner.unwrap_or(value)
}

#[derive(Default)]
struct Metric {
    name: String,
    description: String,
    unit: String,
    data_type: String,
    monotonic: Option<bool>,
    series: Vec<Attributes>,
    /// Whether the lines with arrows are attributes of the last series.
    attributes: bool,
}

impl Metric {
    fn describe(&mut self, key: &str, value: &str) {
        match key {
            "Name" => self.name = value.to_string(),
            "Description" => self.description = value.to_string(),
            "Unit" => self.unit = value.to_string(),
            "DataType" => self.data_type = value.to_string(),
            "IsMonotonic" => self.monotonic = value.parse().ok(),
            _ => {}
        }
    }
}

fn finish(telemetry: &mut Telemetry, metric: Option<Metric>) {
    let Some(metric) = metric else { return };
    let instrument = Instrument {
        kind: Kind::of(&metric.data_type, metric.monotonic),
        unit: text(&metric.unit),
        description: text(&metric.description),
        series: metric.series.into_iter().collect::<BTreeSet<_>>(),
    };
    add(telemetry, metric.name, instrument);
}
