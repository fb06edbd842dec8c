//! A metric whose lines are still being read.

use super::{Attributes, Instrument, Kind, Telemetry, add, text};

#[derive(Default)]
pub(super) struct Metric {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) unit: String,
    pub(super) data_type: String,
    pub(super) monotonic: Option<bool>,
    pub(super) series: Vec<Attributes>,
}

/// Adds what was read, if anything was.
pub(super) fn finish(telemetry: &mut Telemetry, metric: Option<Metric>) {
    let Some(metric) = metric else { return };
    let instrument = Instrument {
        kind: Kind::of(&metric.data_type, metric.monotonic),
        unit: text(&metric.unit),
        description: text(&metric.description),
        series: metric.series.into_iter().collect(),
    };
    add(telemetry, metric.name, instrument);
}
