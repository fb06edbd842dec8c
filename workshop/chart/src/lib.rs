#![doc = include_str!("../README.md")]

mod axis;
mod description;
mod draw;
mod hover;
mod legend;
mod marks;
mod number;
mod samples;
mod scale;
mod style;
mod svg;
mod text;
mod time;

use std::ops::Range;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// At most so many lines are drawn; more could not be told apart. The legend counts the others.
pub const MAX_LINES: usize = 10;

/// At most so many marks are drawn. The description counts the others.
pub const MAX_MARKS: usize = 40;

/// What is drawn: a metric over time.
///
/// Nothing in it has to be valid. Text is cut and escaped, a value that is not a finite number
/// counts as no data, and a range that ends before it starts holds no data.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Stands above the chart. May be empty.
    pub title: String,
    /// The unit of every value, such as `ms`. Empty when it is not known.
    pub unit: String,
    /// What the x axis shows, from the start to just before the end.
    pub range: Range<Timestamp>,
    /// The time grain: how long the time is that one point sums up. One second if it is not above 0.
    pub grain: SignedDuration,
    /// The first [`MAX_LINES`] of them are drawn.
    pub lines: Vec<Line>,
    /// What an alert rule compares the values with.
    pub threshold: Option<Threshold>,
    /// Moments worth a vertical line.
    pub marks: Vec<Mark>,
    /// The time zone of all times that are shown.
    pub zone: TimeZone,
}

/// The points of one time series, in any order.
#[derive(Clone, Debug)]
pub struct Line {
    /// What the legend calls it.
    pub name: String,
    /// A grain without a point is a grain without data, and breaks the line.
    pub points: Vec<Point>,
}

/// What a time grain came to.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// When the time grain starts. The point is drawn in the middle of its grain.
    pub start: Timestamp,
    /// In the unit of the chart.
    pub value: f64,
}

/// A horizontal line.
#[derive(Clone, Debug)]
pub struct Threshold {
    /// In the unit of the chart.
    pub value: f64,
    /// Stands at the line.
    pub label: String,
}

/// A vertical line.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Where it stands on the x axis.
    pub at: Timestamp,
    /// Stands above the line, if there is room; shown on hovering in any case.
    pub label: String,
    /// What happened.
    pub kind: MarkKind,
}

/// What an alert rule did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// Its condition began to hold: a triangle on a solid line.
    Fired,
    /// Its condition no longer held: a ring on a dotted line.
    Resolved,
}

/// How large a chart is drawn, in CSS pixels. A chart is never smaller than 160 x 120, nor larger
/// than 4000 x 4000, whatever is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

impl Chart {
    /// The chart as one `<svg>` element. The same chart gives the same text.
    pub fn to_svg(&self, size: Size) -> String {
        draw::svg(self, size)
    }

    /// What a screen reader says in place of the chart: what it shows, the smallest and the largest
    /// value of each line, the threshold and the marks.
    pub fn description(&self) -> String {
        description::describe(self)
    }
}
