//! Draws a chart and its table.

use chart::{Chart, Line, MAX_LINES, Mark, Point, Size, Threshold};
use jiff::{SignedDuration, Timestamp};

use super::{form::capital, range::TimeRange, site::Site, table::Table};
use crate::{
    format::{self, on_page},
    store::{self, Aggregate, Aggregation, Dimensions, Grain, Metric},
};

/// The content of a chart.
pub(super) struct Drawing<'a> {
    pub(super) metric: &'a Metric,
    pub(super) aggregation: Aggregation,
    /// The dimension that has a line for each of its values.
    pub(super) split: Option<&'a str>,
    pub(super) range: TimeRange,
    /// The window of a rule. With a window, each point is the value over the window that ends with
    /// its grain. Without a window, each point is the value of its grain.
    pub(super) window: Option<SignedDuration>,
    pub(super) unit: &'a str,
    pub(super) threshold: Option<Threshold>,
    pub(super) marks: Vec<Mark>,
    /// Selects the series.
    pub(super) matches: &'a dyn Fn(&Dimensions) -> bool,
}

/// A chart, ready for a template.
pub(super) struct Figure {
    /// The chart, which the crate that draws it has escaped.
    pub(super) svg: String,
    /// The same chart for a narrow screen.
    pub(super) narrow: String,
    pub(super) caption: String,
    pub(super) table: Table,
    /// The number of values of the dimension without a line.
    pub(super) more: usize,
    pub(super) empty: bool,
}

impl Drawing<'_> {
    pub(super) fn draw(self, site: &Site) -> Figure {
        let grain = self.range.grain(site.store.grain());
        let (start, end) = self.range.bounds(grain, site.store.now());
        let (parts, more) = self.parts(site, start, end);
        let lines: Vec<Line> = parts
            .into_iter()
            .map(|(name, grains)| Line { name, points: self.points(&grains, start, end, grain) })
            .collect();
        let table = Table::new(&lines, grain, &site.zone);
        let aggregation = capital(&self.aggregation.to_string());
        let metric = on_page(&self.metric.name);
        let caption = match self.window {
            Some(window) => format!(
                "{aggregation} of {metric} over {}, every {}",
                format::duration(window),
                format::duration(grain)
            ),
            None => format!("{aggregation} of {metric} in grains of {}", format::duration(grain)),
        };
        let empty = lines.iter().all(|line| line.points.is_empty());
        let chart = Chart {
            title: caption.clone(),
            unit: if self.unit.is_empty() { String::new() } else { on_page(self.unit) },
            range: start..end,
            grain,
            lines,
            threshold: self.threshold,
            marks: self.marks,
            zone: site.zone.clone(),
        };
        Figure {
            svg: chart.to_svg(Size { width: 800, height: 320 }),
            narrow: chart.to_svg(Size { width: 340, height: 300 }),
            caption,
            table,
            more,
            empty,
        }
    }

    /// The grains of each line, including earlier grains in the first window.
    fn parts(
        &self,
        site: &Site,
        start: Timestamp,
        end: Timestamp,
    ) -> (Vec<(String, Vec<Grain>)>, usize) {
        let before = self.window.unwrap_or_default();
        let range = start.saturating_sub(before).unwrap_or(Timestamp::MIN)..end;
        let Some(key) = self.split else {
            let grains = site.store.query(self.metric, range, self.matches);
            return (vec![(on_page(&self.metric.name), grains)], 0);
        };
        let split = site.store.split(self.metric, range, key, MAX_LINES, self.matches);
        let name = |value: Option<String>| match value {
            Some(value) => on_page(&value),
            None => "(not set)".to_owned(),
        };
        let parts = split.parts.into_iter().map(|(value, grains)| (name(value), grains));
        (parts.collect(), split.more)
    }

    fn points(
        &self,
        grains: &[Grain],
        start: Timestamp,
        end: Timestamp,
        grain: SignedDuration,
    ) -> Vec<Point> {
        match self.window {
            None => store::coarsen(grains, grain)
                .iter()
                .filter_map(|grain| self.point(grain.start, &grain.aggregate))
                .collect(),
            Some(window) => self.windows(grains, start, end, grain, window),
        }
    }

    /// The values over the windows that end with each grain except the last: a rule never evaluates
    /// the window of a grain that has not ended.
    fn windows(
        &self,
        grains: &[Grain],
        start: Timestamp,
        end: Timestamp,
        step: SignedDuration,
        window: SignedDuration,
    ) -> Vec<Point> {
        let steps = (end.as_second() - start.as_second()) / step.as_secs().max(1) - 1;
        let value = |index: i64| {
            let start = start + step * i32::try_from(index).ok()?;
            let to = start + step;
            let from = to.saturating_sub(window).unwrap_or(Timestamp::MIN);
            let first = grains.partition_point(|grain| grain.start < from);
            let last = grains.partition_point(|grain| grain.start < to);
            let within = grains.get(first..last)?.iter().map(|grain| grain.aggregate);
            self.point(start, &Aggregate::merged(within)?)
        };
        (0..steps).filter_map(value).collect()
    }

    fn point(&self, start: Timestamp, aggregate: &Aggregate) -> Option<Point> {
        Some(Point { start, value: self.aggregation.of(aggregate)? })
    }
}
