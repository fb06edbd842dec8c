//! Puts the parts of a chart onto the page.

use crate::axis::{Axis, axis};
use crate::legend;
use crate::samples::{Nanos, Pieces, Sample, View, drawn, pieces, timestamp};
use crate::scale::Scale;
use crate::style::{Style, TEXT};
use crate::svg::{Anchor, Svg, px};
use crate::text::{clean, escape, fit, width};
use crate::{Chart, Line, Size, hover, marks, time};

const PAD: i32 = 80;
const TICK: i32 = 35;

/// Where the plot is, in tenths of a pixel, and its scales.
pub(crate) struct Plot {
    pub view: View,
    pub left: i32,
    pub right: i32,
    pub top: i32,
    pub bottom: i32,
    pub page_right: i32,
    x: Scale,
    y: Scale,
}

impl Plot {
    pub(crate) fn width(&self) -> i32 {
        self.right - self.left
    }

    pub(crate) fn x(&self, at: Nanos) -> i32 {
        self.x.position(self.view.seconds(at), (self.left, self.right))
    }

    fn y(&self, value: f64) -> i32 {
        self.y.position(value, (self.bottom, self.top))
    }
}

pub(crate) fn svg(chart: &Chart, size: Size) -> String {
    let (width, height) = (size.width.clamp(160, 4000), size.height.clamp(120, 4000));
    let size = (width * 10, height * 10);
    let title = clean(chart.title.trim(), 200);
    let mut svg = Svg::default();
    svg.raw(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" fill=\"{TEXT}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\">\n<title>{}</title>\n<desc>{}</desc>\n",
        escape(if title.is_empty() { "Chart" } else { &title }),
        escape(&chart.description()),
    ));
    parts(&mut svg, chart, size, &title);
    svg.raw("</svg>\n");
    svg.finish()
}

fn parts(svg: &mut Svg, chart: &Chart, size: (u32, u32), title: &str) {
    let (page_width, page_height) = (size.0.cast_signed(), size.1.cast_signed());
    let lines = drawn(chart);
    let unit = clean(chart.unit.trim(), 40);
    let page_right = page_width - PAD;

    let mut top = PAD;
    if !title.is_empty() {
        let title = fit(title, (page_right - PAD) * 12 / 15);
        svg.text((PAD, top + 130), Anchor::Start, &title, "font-size=\"14\" font-weight=\"600\"");
        top += 220;
    }
    let rows = (page_height / 3 / legend::ROW).max(1);
    let entries = legend::layout(chart, &lines, PAD, page_right, rows);
    let legend_top = top;
    top += entries.last().map_or(0, |last| (last.row + 1) * legend::ROW);
    let plot = plot(chart, &lines, (page_width, page_height), top, &unit);
    let unit = fit(&unit, page_right - PAD);
    svg.text((PAD, plot.unit_y), Anchor::Start, &unit, "class=\"unit\"");
    let Placed { plot, dates, .. } = plot;

    let columns = usize::try_from(plot.width() / 10).unwrap_or(1);
    let pieces: Vec<_> =
        lines.iter().map(|(_, it)| pieces(it, plot.view, columns, lines.len())).collect();
    grid(svg, &plot);
    axes(svg, &plot);
    for (index, pieces) in pieces.iter().enumerate() {
        line(svg, index, pieces, &plot);
    }
    for entry in &entries {
        let Some(index) = entry.line else { continue };
        let y = legend_top + entry.row * legend::ROW + 80;
        swatch(svg, index, (entry.x, y), &pieces[index]);
    }
    for entry in &entries {
        let x = entry.x + if entry.line.is_some() { 260 } else { 0 };
        svg.text((x, legend_top + entry.row * legend::ROW + 120), Anchor::Start, &entry.text, "");
    }
    for (x, date) in &dates {
        svg.text((*x, plot.bottom + 310), Anchor::Middle, date, "");
    }
    if pieces.iter().all(Vec::is_empty) {
        let middle = (i32::midpoint(plot.left, plot.right), i32::midpoint(plot.top, plot.bottom));
        let more = "class=\"empty\" font-size=\"14\"";
        let text = fit("No data in this time range", (plot.width() + PAD) * 12 / 14);
        svg.text(middle, Anchor::Middle, &text, more);
    }
    threshold(svg, chart, &plot);
    hover::columns(svg, chart, &lines, &plot);
    marks::draw(svg, chart, &plot);
}

struct Placed {
    plot: Plot,
    unit_y: i32,
    dates: Vec<(i32, String)>,
}

/// Finds the place for the plot below what ends at `top`.
fn plot(
    chart: &Chart,
    lines: &[(&Line, Vec<Sample>)],
    (page_width, page_height): (i32, i32),
    top: i32,
    unit: &str,
) -> Placed {
    let view = View::of(chart);
    let values = lines.iter().flat_map(|(_, samples)| samples.iter().map(|it| it.value));
    let threshold = chart.threshold.iter().map(|it| it.value).filter(|it| it.is_finite());
    let count = ((page_height - top - 300) / 400).clamp(2, 8);
    let Axis { low, high, mut ticks } = axis(values.clone().chain(threshold.clone()), count);
    if values.chain(threshold).next().is_none() {
        // Numbers without anything to measure would be made up.
        ticks.clear();
    }
    let labels = ticks.iter().map(|(_, label)| width(label)).max().unwrap_or(0);
    let left = PAD + labels.max(200) + 80;
    let right = page_width - PAD - 120;

    // The unit stands at the head of the axis, beside the marks' labels if it is short enough.
    let mut top = top;
    let mut unit_y = top + 120;
    let marks = !crate::description::marks(chart, view).is_empty();
    let unit_fits = PAD + width(unit) < left - 60;
    let own_row = !marks || !unit_fits;
    if own_row && !unit.is_empty() {
        top += 170;
    }
    if marks {
        top += 170;
        if unit_fits {
            unit_y = top - 28;
        }
    }
    top += 60;
    let (start, end) = (timestamp(view.start), timestamp(view.end));
    let x = Scale { low: 0.0, high: view.seconds(view.end), ticks: Vec::new() };
    let y = Scale { low, high, ticks };
    let mut plot =
        Plot { view, left, right, top, bottom: page_height - 290, page_right: page_width, x, y };
    let mut dates = Vec::new();
    for tick in time::ticks(start, end, &chart.zone, plot.width()) {
        let x = plot.x(tick.at.as_nanosecond());
        let half = width(&tick.time).max(width(&tick.date)) / 2;
        let fits = x - half >= 0 && x + half <= page_width;
        let label = if fits { tick.time } else { String::new() };
        if fits && !tick.date.is_empty() {
            dates.push((x, tick.date));
        }
        plot.x.ticks.push((view.seconds(tick.at.as_nanosecond()), label));
    }
    if !dates.is_empty() {
        plot.bottom -= 140;
    }
    plot.bottom = plot.bottom.max(plot.top + 100);
    Placed { plot, unit_y, dates }
}

fn grid(svg: &mut Svg, plot: &Plot) {
    let (left, right, top, bottom) = (plot.left, plot.right, plot.top, plot.bottom);
    for (at, _) in &plot.x.ticks {
        let x = plot.x.position(*at, (left, right));
        svg.path(Style::Grid, false, &format!("M{},{}V{}", px(x), px(top), px(bottom)));
    }
    for (value, _) in &plot.y.ticks {
        svg.path(
            Style::Grid,
            false,
            &format!("M{},{}H{}", px(left), px(plot.y(*value)), px(right)),
        );
    }
}

fn axes(svg: &mut Svg, plot: &Plot) {
    let (left, right, top, bottom) = (plot.left, plot.right, plot.top, plot.bottom);
    let corner = format!("M{},{}V{}H{}", px(left), px(top), px(bottom), px(right));
    svg.path(Style::Axis, false, &corner);
    for (value, _) in &plot.y.ticks {
        let tick = format!("M{},{}H{}", px(left - TICK), px(plot.y(*value)), px(left));
        svg.path(Style::Axis, false, &tick);
    }
    for (at, _) in &plot.x.ticks {
        let x = plot.x.position(*at, (left, right));
        svg.path(Style::Axis, false, &format!("M{},{}V{}", px(x), px(bottom), px(bottom + TICK)));
    }
    for (value, label) in &plot.y.ticks {
        svg.text((left - 2 * TICK, plot.y(*value) + 42), Anchor::End, label, "");
    }
    for (at, label) in &plot.x.ticks {
        let x = plot.x.position(*at, (left, right));
        svg.text((x, bottom + 2 * TICK + 105), Anchor::Middle, label, "");
    }
}

fn line(svg: &mut Svg, index: usize, pieces: &Pieces, plot: &Plot) {
    let position = |sample: &Sample| {
        let x = plot.x.position(plot.view.middle(sample.start), (plot.left, plot.right));
        (x, plot.y(sample.value))
    };
    for piece in pieces.iter().filter(|piece| piece.len() > 1) {
        let points = piece.iter().map(position).collect::<Vec<_>>();
        svg.path(Style::line(index), false, &polyline(&points));
    }
    for piece in pieces.iter().filter(|piece| piece.len() == 1) {
        dot(svg, index, position(&piece[0]));
    }
}

fn polyline(points: &[(i32, i32)]) -> String {
    let points: Vec<_> = points.iter().map(|(x, y)| format!("{},{}", px(*x), px(*y))).collect();
    format!("M{}", points.join(" "))
}

/// A point without neighbors, to which no line leads. Each line has its own shape.
fn dot(svg: &mut Svg, index: usize, (x, y): (i32, i32)) {
    let corners: &[(i32, i32)] = match index % 5 {
        0 => {
            let circle = format!("M{},{}a3.5,3.5 0 1 1 7,0a3.5,3.5 0 1 1-7,0z", px(x - 35), px(y));
            return svg.path(Style::line(index), true, &circle);
        }
        1 => &[(-32, -32), (32, -32), (32, 32), (-32, 32)],
        2 => &[(0, -45), (45, 0), (0, 45), (-45, 0)],
        3 => &[(0, -42), (40, 32), (-40, 32)],
        _ => &[(0, 42), (40, -32), (-40, -32)],
    };
    let corners: Vec<_> = corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
    svg.path(Style::line(index), true, &(polyline(&corners) + "z"));
}

/// The sample of a line in the legend, with a dot if the line has one.
fn swatch(svg: &mut Svg, index: usize, (x, y): (i32, i32), pieces: &Pieces) {
    svg.path(Style::line(index), false, &polyline(&[(x, y), (x + 220, y)]));
    if pieces.iter().any(|piece| piece.len() == 1) {
        dot(svg, index, (x + 110, y));
    }
}

fn threshold(svg: &mut Svg, chart: &Chart, plot: &Plot) {
    let Some(threshold) = chart.threshold.as_ref().filter(|it| it.value.is_finite()) else {
        return;
    };
    let y = plot.y(threshold.value);
    let (left, right) = (px(plot.left), px(plot.right));
    svg.path(Style::Threshold, false, &format!("M{left},{}H{right}", px(y)));
    let label = fit(&clean(threshold.label.trim(), 100), plot.width());
    let y = if y - plot.top < 160 { y + 140 } else { y - 50 };
    let halo = "class=\"threshold\" stroke=\"var(--bg, none)\" stroke-width=\"3\" \
                stroke-linejoin=\"round\" paint-order=\"stroke\"";
    svg.text((plot.right - 20, y), Anchor::End, &label, halo);
}
