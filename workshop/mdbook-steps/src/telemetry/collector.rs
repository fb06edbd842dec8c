//! The text of the Collector's debug exporter at verbosity `detailed`.

use super::metric::{Metric, finish};
use super::{Attributes, Telemetry};

/// The metrics in this text, if it is such a text.
pub(super) fn read(whole: &str) -> Option<Telemetry> {
    if !whole.lines().any(|line| line.starts_with("ResourceMetrics #")) {
        return None;
    }
    let mut telemetry = Telemetry::new();
    let mut metric: Option<Metric> = None;
    // Whether the lines with arrows are attributes of the last series.
    let mut attributes = false;
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
            attributes = false;
        } else if line == "Data point attributes:" {
            attributes = true;
        } else if let Some((key, value)) =
            line.trim_start().strip_prefix("-> ").and_then(|field| field.split_once(':'))
        {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match metric.series.last_mut() {
                Some(series) if attributes => {
                    series.insert(key.to_string(), bare(value).to_string());
                }
                Some(_) => {}
                None => metric.describe(key, value),
            }
        } else {
            // Exemplars have attributes too, which belong to no series.
            attributes = false;
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
