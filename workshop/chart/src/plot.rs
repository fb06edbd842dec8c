//! The position of the plot, and its scales. All lengths are in tenths of a pixel.

use jiff::Timestamp;

use crate::content::Content;
use crate::text::width;
use crate::time::TimeRange;
use crate::x_axis::{self, Tick};
use crate::y_axis::{self, YAxis};

/// The margin around the chart.
pub(crate) const MARGIN: i32 = 80;

pub(crate) struct Plot<'a> {
    pub left: i32,
    pub right: i32,
    pub top: i32,
    pub bottom: i32,
    pub page_right: i32,
    /// The baseline of the unit, which is written above the value axis.
    pub unit_y: i32,
    pub x_ticks: Vec<Tick>,
    pub y_ticks: Vec<(f64, String)>,
    low: f64,
    high: f64,
    time: &'a TimeRange,
}

impl<'a> Plot<'a> {
    /// Places the plot below `top`, on a page of this size.
    pub(crate) fn new(content: &'a Content, page: (i32, i32), top: i32) -> Self {
        let (page_right, page_bottom) = page;
        let values = content.lines.iter().flat_map(|line| line.samples.iter().map(|it| it.value));
        let values = values.chain(content.threshold.iter().map(|it| it.value));
        let count = ((page_bottom - top - 300) / 400).clamp(2, 8);
        let YAxis { low, high, ticks: mut y_ticks } = y_axis::axis(values, count);
        if !content.has_data() && content.threshold.is_none() {
            // Without values, the axis from 0 to 1 is arbitrary.
            y_ticks.clear();
        }
        let labels = y_ticks.iter().map(|(_, label)| width(label)).max().unwrap_or(0);
        let left = MARGIN + labels.max(200) + 80;
        let right = page_right - MARGIN - 120;

        // A short unit shares its row with the labels of the marks.
        let unit_is_short = MARGIN + width(&content.unit) < left - 60;
        let has_marks = !content.marks.is_empty();
        let shared_row = has_marks && unit_is_short;
        let marks_row = if has_marks { 170 } else { 0 };
        let unit_row = if content.unit.is_empty() || shared_row { 0 } else { 170 };
        let unit_y = if shared_row { top + marks_row - 28 } else { top + 120 };
        let top = top + unit_row + marks_row + 60;

        let time = &content.time;
        let x_ticks = x_axis::ticks(time, right - left);
        let has_dates = x_ticks.iter().any(|tick| !tick.date.is_empty());
        let bottom = page_bottom - 290 - if has_dates { 140 } else { 0 };
        let bottom = bottom.max(top + 100);
        Self { left, right, top, bottom, page_right, unit_y, x_ticks, y_ticks, low, high, time }
    }

    pub(crate) fn width(&self) -> i32 {
        self.right - self.left
    }

    pub(crate) fn x(&self, at: Timestamp) -> i32 {
        self.x_of_nanos(at.as_nanosecond())
    }

    /// The x of a moment in nanoseconds since 1970, clamped to the plot.
    pub(crate) fn x_of_nanos(&self, nanos: i128) -> i32 {
        between(self.left, self.right, self.time.part(nanos))
    }

    /// The y of a value, clamped to the plot.
    pub(crate) fn y(&self, value: f64) -> i32 {
        between(self.bottom, self.top, (value - self.low) / (self.high - self.low))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "between two pixels")]
fn between(from: i32, to: i32, part: f64) -> i32 {
    from + (f64::from(to - from) * part.clamp(0.0, 1.0)).round() as i32
}
