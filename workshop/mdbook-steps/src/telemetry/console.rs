//! The text of opentelemetry-stdout's `MetricExporter`.

use super::metric::{Metric, finish};
use super::{Attributes, Telemetry, labeled};

/// The metrics in this text, if it is such a text.
pub(super) fn read(whole: &str) -> Option<Telemetry> {
    // The Collector prints `Metric #` as well, so that alone would not tell the two apart.
    let known = whole.lines().any(|line| line == "Metrics")
        && whole.lines().any(|line| line.starts_with("\tInstrumentation Scope #"));
    if !known {
        return None;
    }
    let mut telemetry = Telemetry::new();
    let mut metric: Option<Metric> = None;
    for line in whole.lines() {
        if line.starts_with("Metric #") || line == "Metrics" {
            finish(&mut telemetry, metric.take());
            if line != "Metrics" {
                metric = Some(Metric::default());
            }
        }
        let Some(metric) = &mut metric else { continue };
        if line.starts_with("\t\tDataPoint #") {
            metric.series.push(Attributes::new());
        } else if let Some(attribute) = line.trim_start().strip_prefix("->  ") {
            if let (Some(series), Some((key, value))) =
                (metric.series.last_mut(), attribute.split_once(": "))
            {
                series.insert(key.to_string(), value.to_string());
            }
        } else if metric.series.is_empty() {
            let field = |label: &str| labeled(line, label).map(str::to_string);
            if let Some(name) = field("Name") {
                metric.name = name;
            } else if let Some(description) = field("Description") {
                metric.description = description;
            } else if let Some(unit) = field("Unit") {
                metric.unit = unit;
            } else if let Some(data_type) = field("Type") {
                metric.data_type = data_type;
            } else if let Some(monotonic) = field("Monotonic") {
                metric.monotonic = monotonic.parse().ok();
            }
        }
    }
    finish(&mut telemetry, metric);
    Some(telemetry)
}
