#![doc = include_str!("../README.md")]

pub mod bars;
mod content;
mod description;
mod draw;
mod legend;
mod marks;
mod number;
mod plot;
mod style;
mod svg;
mod text;
mod time;
mod tooltips;
pub mod waterfall;
mod x_axis;
mod y_axis;

use std::ops::Range;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// The maximum number of lines that are drawn, because more lines are indistinguishable. The legend
/// counts the others.
pub const MAX_LINES: usize = 10;

/// The maximum number of marks that are drawn. The description counts the others.
pub const MAX_MARKS: usize = 40;

/// A metric over time.
///
/// Every input gives a valid chart. Text is truncated and escaped, a value that is not a finite
/// number counts as missing data, and a range that ends before it starts contains no data.
#[derive(Clone, Debug)]
pub struct Chart {
    /// The heading of the chart. May be empty.
    pub title: String,
    /// The unit of every value, such as `ms`. Empty if the unit is unknown.
    pub unit: String,
    /// The range of the time axis. The end is excluded.
    pub range: Range<Timestamp>,
    /// The time grain: the length of time that one point aggregates. A grain of 0 or less is
    /// replaced by one second.
    pub grain: SignedDuration,
    /// The first [`MAX_LINES`] are drawn.
    pub lines: Vec<Line>,
    /// The threshold of an alert rule.
    pub threshold: Option<Threshold>,
    /// The moments when an alert changed.
    pub marks: Vec<Mark>,
    /// The time zone of all times in the chart.
    pub zone: TimeZone,
}

/// The points of one time series, in any order.
#[derive(Clone, Debug)]
pub struct Line {
    /// The name in the legend.
    pub name: String,
    /// The points. A grain without a point has no data, and breaks the line.
    pub points: Vec<Point>,
}

/// The value of a time grain.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// The start of the time grain. The point is drawn in the middle of the grain.
    pub start: Timestamp,
    /// In the unit of the chart.
    pub value: f64,
}

/// A horizontal line.
#[derive(Clone, Debug)]
pub struct Threshold {
    /// In the unit of the chart.
    pub value: f64,
    /// The label of the line.
    pub label: String,
}

/// A vertical line.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The moment on the time axis.
    pub at: Timestamp,
    /// The text above the line, if there is room for it. The tooltip always contains this text.
    pub label: String,
    /// The change of the alert.
    pub kind: MarkKind,
}

/// The change of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// The condition was met: a triangle on a solid line.
    Fired,
    /// The condition was no longer met: a ring on a dotted line.
    Resolved,
}

/// The size of a chart in CSS pixels, which is clamped to the range from 160 x 120 to 4000 x 4000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The width.
    pub width: u32,
    /// The height.
    pub height: u32,
}

impl Chart {
    /// Draws the chart as one `<svg>` element. The same chart gives the same text.
    pub fn to_svg(&self, size: Size) -> String {
        draw::svg(self, size)
    }

    /// Describes the chart for screen readers: the title, the range, the minimum and the maximum
    /// value of each line, the threshold and the marks.
    pub fn description(&self) -> String {
        description::describe(&content::Content::of(self))
    }
}
