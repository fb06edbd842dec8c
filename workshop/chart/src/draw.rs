//! Puts the parts of a chart onto the page.

use plotters::coord::Shift;
use plotters::coord::ranged1d::Ranged;
use plotters::prelude::*;

use crate::axis::{Axis, axis};
use crate::backend::Backend;
use crate::ink::{Ink, TEXT};
use crate::legend::{self, Entry};
use crate::page::{Anchor, Page, px};
use crate::samples::{Nanos, Pieces, Sample, View, drawn, pieces, timestamp};
use crate::scale::Scale;
use crate::text::{clean, escape, fit, width};
use crate::{Chart, Line, Size, hover, marks, time};

type Failure<'a> = DrawingAreaErrorKind<<Backend<'a> as DrawingBackend>::ErrorType>;
type Area<'a> = DrawingArea<Backend<'a>, Shift>;

const PAD: i32 = 80;

/// Where the plot is, in tenths of a pixel, and what it spans.
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
        self.x.map(&self.view.seconds(at), (self.left, self.right))
    }

    fn y(&self, value: f64) -> i32 {
        self.y.map(&value, (self.bottom, self.top))
    }
}

pub(crate) fn svg(chart: &Chart, size: Size) -> String {
    let (width, height) = (size.width.clamp(160, 4000), size.height.clamp(120, 4000));
    let size = (width * 10, height * 10);
    let title = clean(chart.title.trim(), 200);
    let mut page = Page::default();
    page.raw(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" fill=\"{TEXT}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\">\n<title>{}</title>\n<desc>{}</desc>\n",
        escape(if title.is_empty() { "Chart" } else { &title }),
        escape(&chart.description()),
    ));
    parts(&mut page, chart, size, &title);
    page.raw("</svg>\n");
    page.finish()
}

fn parts(page: &mut Page, chart: &Chart, size: (u32, u32), title: &str) {
    let (page_width, page_height) = (size.0.cast_signed(), size.1.cast_signed());
    let lines = drawn(chart);
    let unit = clean(chart.unit.trim(), 40);
    let page_right = page_width - PAD;

    let mut top = PAD;
    if !title.is_empty() {
        let title = fit(title, (page_right - PAD) * 12 / 15);
        page.text((PAD, top + 130), Anchor::Start, &title, "font-size=\"14\" font-weight=\"600\"");
        top += 220;
    }
    let rows = (page_height / 3 / legend::ROW).max(1);
    let entries = legend::layout(chart, &lines, PAD, page_right, rows);
    let legend_top = top;
    top += entries.last().map_or(0, |last| (last.row + 1) * legend::ROW);
    let plot = plot(chart, &lines, (page_width, page_height), top, &unit);
    let unit = fit(&unit, page_right - PAD);
    page.text((PAD, plot.unit_y), Anchor::Start, &unit, "class=\"unit\"");
    let Placed { plot, dates, .. } = plot;

    let columns = usize::try_from(plot.width() / 10).unwrap_or(1);
    let pieces: Vec<_> =
        lines.iter().map(|(_, it)| pieces(it, plot.view, columns, lines.len())).collect();
    let drawn = with_plotters(page, size, &plot, &pieces, &entries, legend_top);
    // The backend cannot fail, and nobody else draws on it.
    debug_assert!(drawn.is_ok(), "{drawn:?}");
    for entry in &entries {
        let x = entry.x + if entry.line.is_some() { 260 } else { 0 };
        page.text((x, legend_top + entry.row * legend::ROW + 120), Anchor::Start, &entry.text, "");
    }
    for (x, date) in &dates {
        page.text((*x, plot.bottom + 310), Anchor::Middle, date, "");
    }
    if pieces.iter().all(Vec::is_empty) {
        let middle = (i32::midpoint(plot.left, plot.right), i32::midpoint(plot.top, plot.bottom));
        let more = "class=\"empty\" font-size=\"14\"";
        let text = fit("No data in this time range", (plot.width() + PAD) * 12 / 14);
        page.text(middle, Anchor::Middle, &text, more);
    }
    threshold(page, chart, &plot);
    hover::columns(page, chart, &lines, &plot);
    marks::draw(page, chart, &plot);
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

/// Mesh, axes, lines and the legend's samples.
fn with_plotters<'a>(
    page: &'a mut Page,
    size: (u32, u32),
    plot: &Plot,
    pieces: &[Pieces],
    entries: &[Entry],
    legend_top: i32,
) -> Result<(), Failure<'a>> {
    let root: Area<'a> = Backend { page, size }.into_drawing_area();
    let (below, right) = (size.1.cast_signed() - plot.bottom, size.0.cast_signed() - plot.right);
    let mut context = ChartBuilder::on(&root)
        .margin_top(plot.top)
        .margin_right(right)
        .x_label_area_size(below)
        .y_label_area_size(plot.left)
        .build_cartesian_2d(plot.x.clone(), plot.y.clone())?;
    context
        .configure_mesh()
        .bold_line_style(Ink::Grid.style())
        .axis_style(Ink::Axis.style())
        .label_style(("sans-serif", 120))
        .set_all_tick_mark_size(35)
        .draw()?;
    for (index, pieces) in pieces.iter().enumerate() {
        let style = Ink::line(index).style();
        for piece in pieces.iter().filter(|piece| piece.len() > 1) {
            let points = piece.iter().map(|it| (plot.view.middle(it.start), it.value));
            context.draw_series(LineSeries::new(points, style))?;
        }
        for piece in pieces.iter().filter(|piece| piece.len() == 1) {
            let at = (plot.view.middle(piece[0].start), piece[0].value);
            let (x, y) = context.backend_coord(&at);
            dot(&root, index, (x, y))?;
        }
    }
    for entry in entries {
        let Some(index) = entry.line else { continue };
        let y = legend_top + entry.row * legend::ROW + 80;
        let swatch = vec![(entry.x, y), (entry.x + 220, y)];
        root.draw(&PathElement::new(swatch, Ink::line(index).style()))?;
        if pieces[index].iter().any(|piece| piece.len() == 1) {
            dot(&root, index, (entry.x + 110, y))?;
        }
    }
    Ok(())
}

/// A lone point: no line leads to it. Its shape goes with the line.
fn dot<'a>(root: &Area<'a>, index: usize, (x, y): (i32, i32)) -> Result<(), Failure<'a>> {
    let style = Ink::line(index).style().filled();
    let corners: &[(i32, i32)] = match index % 5 {
        0 => return root.draw(&Circle::new((x, y), 35, style)),
        1 => &[(-32, -32), (32, -32), (32, 32), (-32, 32)],
        2 => &[(0, -45), (45, 0), (0, 45), (-45, 0)],
        3 => &[(0, -42), (40, 32), (-40, 32)],
        _ => &[(0, 42), (40, -32), (-40, -32)],
    };
    let corners: Vec<_> = corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
    root.draw(&Polygon::new(corners, style))
}

fn threshold(page: &mut Page, chart: &Chart, plot: &Plot) {
    let Some(threshold) = chart.threshold.as_ref().filter(|it| it.value.is_finite()) else {
        return;
    };
    let y = plot.y(threshold.value);
    let (left, right) = (px(plot.left), px(plot.right));
    page.path(Ink::Threshold, false, &format!("M{left},{}H{right}", px(y)));
    let label = fit(&clean(threshold.label.trim(), 100), plot.width());
    let y = if y - plot.top < 160 { y + 140 } else { y - 50 };
    let halo = "class=\"threshold\" stroke=\"var(--bg, none)\" stroke-width=\"3\" \
                stroke-linejoin=\"round\" paint-order=\"stroke\"";
    page.text((plot.right - 20, y), Anchor::End, &label, halo);
}
