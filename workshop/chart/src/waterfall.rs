//! Draws the spans and events of one transaction over time.

use jiff::{SignedDuration, Timestamp};

use crate::style::Style;
use crate::svg::{Anchor, Svg, polyline, px};
use crate::text::{clean, escape, fit, width};
use crate::{MAX_LINES, number, y_axis};

/// The maximum number of rows that are drawn. The drawing counts the others.
pub const MAX_ROWS: usize = 200;

/// The spans and events of one transaction, from top to bottom.
///
/// Every input gives a valid drawing. The time axis goes from the earliest start to the latest end
/// of the drawn rows.
#[derive(Clone, Debug)]
pub struct Waterfall {
    /// The heading of the drawing.
    pub title: String,
    /// The first [`MAX_ROWS`] are drawn.
    pub rows: Vec<Row>,
}

/// A span or an event.
#[derive(Clone, Debug)]
pub struct Row {
    /// The name.
    pub label: String,
    /// The text on the right, such as a duration.
    pub note: String,
    /// The number of ancestors, which determines the indentation of the label.
    pub depth: usize,
    /// The number of the process. Processes have different colors.
    pub process: usize,
    /// The start of a span, or the time of an event.
    pub start: Timestamp,
    /// How the row is drawn.
    pub shape: Shape,
}

/// How a row is drawn. The kinds differ in shape, not only in color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A bar.
    Span(SignedDuration),
    /// A bar with a cross.
    FailedSpan(SignedDuration),
    /// A dashed line.
    Unknown(SignedDuration),
    /// A dot.
    Log,
    /// A triangle.
    Exception,
    /// A diamond.
    Event,
}

impl Shape {
    fn nanos(self) -> i128 {
        match self {
            Self::Span(length) | Self::FailedSpan(length) | Self::Unknown(length) => {
                length.as_nanos().max(0)
            }
            Self::Log | Self::Exception | Self::Event => 0,
        }
    }
}

impl Row {
    fn end(&self) -> i128 {
        self.start.as_nanosecond() + self.shape.nanos()
    }
}

impl Waterfall {
    /// Draws the waterfall as one `<svg>` element of this width in CSS pixels. The width is clamped
    /// to the range from 160 to 4000. The same waterfall gives the same text.
    #[must_use]
    pub fn to_svg(&self, width: u32) -> String {
        draw(self, width.clamp(160, 4000))
    }

    /// Describes the waterfall for screen readers.
    #[must_use]
    pub fn description(&self) -> String {
        let time = Time::of(self.drawn());
        let (title, total) = (clean(&self.title, 120), number::value(time.total() / time.unit.1));
        let more = match self.more() {
            0 => String::new(),
            more => format!(", of which the last {more} are not drawn"),
        };
        format!("{title}: {} spans and events in {total} {}{more}.", self.rows.len(), time.unit.0)
    }

    fn drawn(&self) -> &[Row] {
        &self.rows[..self.rows.len().min(MAX_ROWS)]
    }

    fn more(&self) -> usize {
        self.rows.len() - self.drawn().len()
    }
}

/// The time axis, in nanoseconds since 1970.
struct Time {
    start: i128,
    end: i128,
    /// The unit of the ticks, and its length in nanoseconds.
    unit: (&'static str, f64),
}

impl Time {
    fn of(rows: &[Row]) -> Self {
        let start = rows.iter().map(|row| row.start.as_nanosecond()).min().unwrap_or(0);
        let end = rows.iter().map(Row::end).max().unwrap_or(0);
        let unit = match end - start {
            ..10_000_000 => ("µs", 1e3),
            10_000_000..10_000_000_000 => ("ms", 1e6),
            _ => ("s", 1e9),
        };
        Self { start, end, unit }
    }

    #[expect(clippy::cast_precision_loss, reason = "a fraction of a pixel")]
    fn total(&self) -> f64 {
        (self.end - self.start).max(1) as f64
    }
}

/// The positions of the columns, in tenths of a pixel.
struct Layout {
    left: i32,
    right: i32,
    /// The maximum width of a label.
    label: i32,
    /// The right end of a note.
    note: i32,
    row: i32,
    /// From the top of a row to its bar. In a narrow drawing, the label is above the bar.
    bar: i32,
}

const MARGIN: i32 = 80;
const BAR: i32 = 110;
const NOTE: i32 = 1000;
/// The top of the first row, below the title and the axis.
const TOP: i32 = 560;

impl Layout {
    fn new(page: i32) -> Self {
        let note = page - MARGIN;
        if page < 5600 {
            let label = page - 2 * MARGIN - NOTE;
            Self { left: MARGIN + 120, right: page - MARGIN, label, note, row: 360, bar: 190 }
        } else {
            let left = page * 35 / 100;
            let label = left - MARGIN - 160;
            Self { left, right: page - MARGIN - NOTE, label, note, row: 220, bar: 45 }
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "pixels")]
    fn x(&self, time: &Time, high: f64, nanos: i128) -> i32 {
        let part = (nanos - time.start) as f64 / time.unit.1 / high;
        self.left + (f64::from(self.right - self.left) * part.clamp(0.0, 1.0)).round() as i32
    }
}

fn draw(waterfall: &Waterfall, page_width: u32) -> String {
    let rows = waterfall.drawn();
    let page = page_width.cast_signed() * 10;
    let layout = Layout::new(page);
    let time = Time::of(rows);
    let count = i32::try_from(rows.len()).unwrap_or(0);
    let bottom = TOP + count * layout.row;
    let height = (bottom + if waterfall.more() > 0 { 300 } else { 80 }) / 10;
    let page_size = (page_width, height);
    let mut svg =
        Svg::titled("waterfall", page_size, MARGIN, &waterfall.title, &waterfall.description());

    let room = (layout.right - layout.left) / 1000;
    let axis = y_axis::axis(std::iter::once(time.total() / time.unit.1), room.clamp(2, 8));
    let mut grid = String::new();
    let mut end = 0;
    for (value, label) in &axis.ticks {
        #[expect(clippy::cast_possible_truncation, reason = "a time between start and end")]
        let x = layout.x(&time, axis.high, time.start + (value * time.unit.1) as i128);
        grid += &polyline([(x, TOP - 90), (x, bottom)]);
        let label = if end == 0 { format!("{label} {}", time.unit.0) } else { label.clone() };
        let half = width(&label) / 2;
        // The labels at both ends stay within the page and do not touch each other.
        let x = x.clamp(half + 20, page - half - 20);
        if x - half > end {
            svg.text((x, TOP - 130), Anchor::Middle, &label);
            end = x + half + 40;
        }
    }
    svg.stroke(Style::Grid, &grid);
    for (index, row) in (0..).zip(rows) {
        let top = TOP + index * layout.row;
        draw_row(&mut svg, &layout, row, top, |nanos| layout.x(&time, axis.high, nanos));
    }
    if waterfall.more() > 0 {
        let more = format!("and {} more that are not drawn", waterfall.more());
        svg.text((MARGIN, bottom + 180), Anchor::Start, &more);
    }
    svg.raw("</svg>\n");
    svg.finish()
}

fn draw_row(svg: &mut Svg, layout: &Layout, row: &Row, top: i32, x: impl Fn(i128) -> i32) {
    let (label, note) = (clean(&row.label, 100), clean(&row.note, 60));
    let title = if note.is_empty() { label.clone() } else { format!("{label}: {note}") };
    svg.raw(&format!("<g class=\"row\"><title>{}</title>\n", escape(&title)));
    let depth = i32::try_from(row.depth).unwrap_or(i32::MAX).min(layout.label / 2 / 100);
    let indent = depth * 100;
    let shown = fit(&label, layout.label - indent);
    svg.text((MARGIN + indent, top + 140), Anchor::Start, &shown);
    svg.text((layout.note, top + 140), Anchor::End, &fit(&note, NOTE - 60));
    let (left, y) = (x(row.start.as_nanosecond()), top + layout.bar);
    let length = (x(row.end()) - left).max(20);
    let middle = y + BAR / 2;
    let process = Style::Line(row.process % MAX_LINES);
    match row.shape {
        Shape::Span(_) | Shape::FailedSpan(_) => {
            svg.fill(process, &bar(left, y, length));
        }
        Shape::Unknown(_) => {
            svg.stroke(Style::Unknown, &polyline([(left, middle), (left + length, middle)]));
        }
        Shape::Log => svg.fill(process, &crate::legend::dot(0, (left, middle))),
        Shape::Exception => {
            svg.fill(Style::Fired, &format!("M{},{}l5,9h-10z", px(left), px(middle - 45)));
        }
        Shape::Event => svg.fill(process, &crate::legend::dot(2, (left, middle))),
    }
    if matches!(row.shape, Shape::FailedSpan(_)) {
        // To the left of the bar, so that each color has the page as its background.
        let (x, y) = (px(left - 110), px(y + 15));
        svg.stroke(Style::Failed, &format!("M{x},{y}l8,8m0,-8l-8,8"));
    }
    svg.raw("</g>\n");
}

fn bar(left: i32, top: i32, length: i32) -> String {
    format!("M{},{}h{}v{}h-{}z", px(left), px(top), px(length), px(BAR), px(length))
}
