//! Draws values of the same unit side by side.

use crate::style::Style;
use crate::svg::{Anchor, Svg, polyline, px};
use crate::text::{clean, escape, fit, width};
use crate::{number, y_axis};

/// The maximum number of bars that are drawn. The drawing counts the others.
pub const MAX_BARS: usize = 40;

/// Values of the same unit, from top to bottom.
///
/// Every input gives a valid drawing. A value that is negative or not a finite number has no bar.
#[derive(Clone, Debug)]
pub struct Bars {
    /// The heading of the drawing.
    pub title: String,
    /// The unit of every value, such as `ms`. May be empty.
    pub unit: String,
    /// The first [`MAX_BARS`] are drawn.
    pub bars: Vec<Bar>,
}

/// A value.
#[derive(Clone, Debug)]
pub struct Bar {
    /// The name of the value.
    pub label: String,
    /// The value.
    pub value: f64,
    /// The number of the group. Groups have different colors.
    pub group: usize,
}

impl Bars {
    /// Draws the bars as one `<svg>` element of this width in CSS pixels. The width is clamped to
    /// the range from 160 to 4000. The same bars give the same text.
    #[must_use]
    pub fn to_svg(&self, width: u32) -> String {
        draw(self, width.clamp(160, 4000))
    }

    /// Describes the drawn bars and their values for screen readers.
    #[must_use]
    pub fn description(&self) -> String {
        let values = self.drawn().iter().map(|bar| {
            let value = number::with_unit(&number::value(bar.value), &self.unit());
            format!("{} {value}", clean(&bar.label, 100))
        });
        let values = values.collect::<Vec<_>>().join(", ");
        let more = match self.more() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        format!("{}: {values}{more}.", clean(&self.title, 120))
    }

    fn unit(&self) -> String {
        clean(&self.unit, 30)
    }

    fn drawn(&self) -> &[Bar] {
        &self.bars[..self.bars.len().min(MAX_BARS)]
    }

    fn more(&self) -> usize {
        self.bars.len() - self.drawn().len()
    }
}

// All lengths are in tenths of a pixel.
const MARGIN: i32 = 80;
const BAR: i32 = 110;
/// The space for the largest value, to the right of its bar.
const VALUE: i32 = 900;
/// The top of the first bar, below the title and the axis.
const TOP: i32 = 560;

fn draw(bars: &Bars, page_width: u32) -> String {
    let page = page_width.cast_signed() * 10;
    // In a narrow drawing, the label is above its bar.
    let narrow = page < 5600;
    let (left, row, below) = if narrow { (MARGIN, 360, 190) } else { (page * 45 / 100, 220, 45) };
    let right = page - MARGIN - VALUE;
    let count = i32::try_from(bars.drawn().len()).unwrap_or(0);
    let bottom = TOP + count * row;
    let height = (bottom + if bars.more() > 0 { 300 } else { 80 }) / 10;
    let page_size = (page_width, height);
    let mut svg = Svg::titled("bars", page_size, MARGIN, &bars.title, &bars.description());

    let values = bars.drawn().iter().map(|bar| size(bar.value));
    let axis = y_axis::axis(values, ((right - left) / 1000).clamp(2, 8));
    let x = |value: f64| left + part(f64::from(right - left), value / axis.high);
    let mut grid = String::new();
    let mut end = 0;
    for (value, label) in &axis.ticks {
        grid += &polyline([(x(*value), TOP - 90), (x(*value), bottom)]);
        let first = end == 0 && !bars.unit().is_empty();
        let label = if first { number::with_unit(label, &bars.unit()) } else { label.clone() };
        let half = width(&label) / 2;
        // The labels at both ends stay within the page and do not touch each other.
        let middle = x(*value).clamp(half + 20, (page - half - 20).max(half + 20));
        if middle - half > end {
            svg.text((middle, TOP - 130), Anchor::Middle, &label);
            end = middle + half + 40;
        }
    }
    svg.stroke(Style::Grid, &grid);
    for (index, bar) in (0..).zip(bars.drawn()) {
        let top = TOP + index * row;
        let value = number::value(bar.value);
        let label = clean(&bar.label, 100);
        svg.raw(&format!(
            "<g class=\"row\"><title>{}</title>\n",
            escape(&format!("{label}: {value}"))
        ));
        let room = if narrow { page - 2 * MARGIN } else { left - MARGIN - 160 };
        svg.text((MARGIN, top + 140), Anchor::Start, &fit(&label, room));
        let (y, length) = (top + below, (x(size(bar.value)) - left).max(10));
        let style = Style::Line(bar.group % crate::MAX_LINES);
        svg.fill(
            style,
            &format!("M{},{}h{}v{}h-{}z", px(left), px(y), px(length), px(BAR), px(length)),
        );
        svg.text((left + length + 60, y + 95), Anchor::Start, &fit(&value, VALUE - 60));
        svg.raw("</g>\n");
    }
    if bars.more() > 0 {
        let more = format!("and {} more that are not drawn", bars.more());
        svg.text((MARGIN, bottom + 180), Anchor::Start, &more);
    }
    svg.raw("</svg>\n");
    svg.finish()
}

/// The value that a bar shows.
fn size(value: f64) -> f64 {
    if value.is_finite() { value.max(0.0) } else { 0.0 }
}

#[expect(clippy::cast_possible_truncation, reason = "at most the width of the page")]
fn part(whole: f64, part: f64) -> i32 {
    (whole * part.clamp(0.0, 1.0)).round() as i32
}
