//! The time range of a chart, and times as text in the chart's time zone.

use jiff::{Timestamp, tz::TimeZone};

use crate::Chart;

/// The range of the x axis. Sums of times are nanoseconds in an `i128`, which cannot overflow.
pub(crate) struct TimeRange {
    pub start: Timestamp,
    pub end: Timestamp,
    /// The time grain in nanoseconds, above 0.
    pub grain: i128,
    pub zone: TimeZone,
}

impl TimeRange {
    pub(crate) fn of(chart: &Chart) -> Self {
        let (start, end, grain) = (chart.range.start, chart.range.end, chart.grain.as_nanos());
        Self {
            start,
            end: end.max(start),
            grain: if grain > 0 { grain } else { 1_000_000_000 },
            zone: chart.zone.clone(),
        }
    }

    pub(crate) fn start_nanos(&self) -> i128 {
        self.start.as_nanosecond()
    }

    pub(crate) fn length_nanos(&self) -> i128 {
        self.end.as_nanosecond() - self.start_nanos()
    }

    /// The end of the grain that starts at `start`, in nanoseconds since 1970.
    pub(crate) fn end_of_grain(&self, start: Timestamp) -> i128 {
        start.as_nanosecond() + self.grain
    }

    /// A moment in nanoseconds since 1970, as a part of the range from 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "a fraction of a pixel")]
    pub(crate) fn part(&self, nanos: i128) -> f64 {
        let since_start = (nanos - self.start_nanos()).clamp(0, self.length_nanos());
        since_start as f64 / self.length_nanos().max(1) as f64
    }

    pub(crate) fn format(&self, at: Timestamp, format: &str) -> String {
        jiff::fmt::strtime::format(format, &at.to_zoned(self.zone.clone())).unwrap_or_default()
    }

    /// The format of a date, or `None` if the range is within one day.
    pub(crate) fn date_format(&self) -> Option<&'static str> {
        let [start, end] = [self.start, self.end].map(|at| at.to_zoned(self.zone.clone()));
        if start.date() == end.date() {
            None
        } else if start.year() == end.year() {
            Some("%-d %b")
        } else {
            Some("%Y-%m-%d")
        }
    }

    /// The time of day, with the date if the range crosses midnight.
    pub(crate) fn clock(&self, at: Timestamp) -> String {
        let date = self.date_format().map_or(String::new(), |date| format!("{date} "));
        self.format(at, &format!("{date}%H:%M:%S"))
    }

    /// `from 2026-03-01 10:00:00 to 2026-03-01 10:10:00 UTC`
    pub(crate) fn describe(&self) -> String {
        let [start, end] = [self.start, self.end].map(|at| self.format(at, "%Y-%m-%d %H:%M:%S"));
        let utc = self.zone.to_offset(self.start).is_zero();
        let zone = if utc { "UTC".to_string() } else { self.format(self.start, "UTC%:z") };
        format!("from {start} to {end} {zone}")
    }
}
