//! The numbers of a chart as a table.

use std::collections::BTreeMap;

use chart::Line;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::format;

/// The maximum number of rows in a table.
const MAX_ROWS: usize = 60;

/// The numbers of a chart, with the newest first.
#[derive(Default)]
pub(super) struct Table {
    pub(super) heads: Vec<String>,
    pub(super) rows: Vec<Row>,
    /// The number of older rows that were left out.
    pub(super) older: usize,
}

/// A time grain.
pub(super) struct Row {
    pub(super) time: String,
    /// The time for the `datetime` attribute.
    pub(super) instant: String,
    /// The number of each line, or `None` without data, because no data is not zero.
    pub(super) cells: Vec<Option<Cell>>,
}

/// A number, both with all digits and rounded.
pub(super) struct Cell {
    pub(super) exact: String,
    pub(super) shown: String,
}

impl Table {
    /// Every grain from the first to the last grain with data, including empty grains.
    pub(super) fn new(lines: &[Line], grain: SignedDuration, zone: &TimeZone) -> Self {
        let mut values: BTreeMap<Timestamp, Vec<Option<f64>>> = BTreeMap::new();
        for (column, line) in lines.iter().enumerate() {
            for point in &line.points {
                let row = values.entry(point.start).or_insert_with(|| vec![None; lines.len()]);
                row[column] = Some(point.value);
            }
        }
        let (Some((&first, _)), Some((&last, _))) =
            (values.first_key_value(), values.last_key_value())
        else {
            return Self::default();
        };
        let grain = grain.as_secs().max(1);
        let all = (last.as_second() - first.as_second()) / grain + 1;
        let all = usize::try_from(all).unwrap_or(0);
        let starts = (0_i64..).map(|i| last - SignedDuration::from_secs(i * grain));
        let rows = starts.take(all.min(MAX_ROWS)).map(|start| Row {
            time: start.to_zoned(zone.clone()).strftime("%F %T").to_string(),
            instant: start.to_string(),
            cells: match values.get(&start) {
                Some(row) => row.iter().map(|value| value.map(Cell::new)).collect(),
                None => lines.iter().map(|_| None).collect(),
            },
        });
        Self {
            heads: lines.iter().map(|line| line.name.clone()).collect(),
            rows: rows.collect(),
            older: all.saturating_sub(MAX_ROWS),
        }
    }
}

impl Cell {
    fn new(value: f64) -> Self {
        Self { exact: value.to_string(), shown: format::number(value) }
    }
}
