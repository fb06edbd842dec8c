//! Draws a chart: title, legend, axes, lines, threshold, tooltips and marks.

use crate::content::{Content, Sample, pieces};
use crate::legend::{self, Legend};
use crate::plot::{MARGIN, Plot};
use crate::style::{Style, TEXT};
use crate::svg::{Anchor, Svg, polyline, px};
use crate::text::{escape, fit, width};
use crate::{Chart, Size, description, marks, tooltips};

pub(crate) fn svg(chart: &Chart, size: Size) -> String {
    let (width, height) = (size.width.clamp(160, 4000), size.height.clamp(120, 4000));
    let content = Content::of(chart);
    let mut svg = Svg::default();
    svg.raw(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" fill=\"{TEXT}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\">\n<title>{}</title>\n<desc>{}</desc>\n",
        escape(if content.title.is_empty() { "Chart" } else { &content.title }),
        escape(&description::describe(&content)),
    ));
    draw(&mut svg, &content, (width.cast_signed() * 10, height.cast_signed() * 10));
    svg.raw("</svg>\n");
    svg.finish()
}

fn draw(svg: &mut Svg, content: &Content, page: (i32, i32)) {
    let room = page.0 - 2 * MARGIN;
    let mut top = MARGIN;
    if !content.title.is_empty() {
        let title = fit(&content.title, room * 12 / 15);
        let bold = " font-size=\"14\" font-weight=\"600\"";
        svg.text_with((MARGIN, top + 130), Anchor::Start, &title, bold);
        top += 220;
    }
    let legend = Legend::new(content, top, page);
    let plot = Plot::new(content, page, top + legend.height());
    let unit = fit(&content.unit, room);
    svg.text_with((MARGIN, plot.unit_y), Anchor::Start, &unit, " class=\"unit\"");
    axes(svg, &plot);

    let columns = usize::try_from(plot.width() / 10).unwrap_or(1);
    let pieces = content
        .lines
        .iter()
        .map(|line| pieces(&line.samples, &content.time, columns, content.lines.len()));
    let pieces: Vec<_> = pieces.collect();
    for (index, pieces) in pieces.iter().enumerate() {
        line(svg, content, &plot, index, pieces);
    }
    legend.draw(svg, |index| pieces[index].iter().any(|piece| piece.len() == 1));
    if !content.has_data() {
        let middle = (i32::midpoint(plot.left, plot.right), i32::midpoint(plot.top, plot.bottom));
        let text = fit("No data in this time range", (plot.width() + MARGIN) * 12 / 14);
        svg.text_with(middle, Anchor::Middle, &text, " class=\"empty\" font-size=\"14\"");
    }
    threshold(svg, content, &plot);
    tooltips::draw(svg, content, &plot);
    marks::draw(svg, content, &plot);
}

/// Draws the grid, the axes, the ticks and their labels.
fn axes(svg: &mut Svg, plot: &Plot) {
    let (left, right, top, bottom) = (plot.left, plot.right, plot.top, plot.bottom);
    let mut grid = String::new();
    let mut axes =
        polyline([(left, top), (left, bottom)]) + &polyline([(left, bottom), (right, bottom)]);
    for tick in &plot.x_ticks {
        let x = plot.x(tick.at);
        grid += &polyline([(x, bottom), (x, top)]);
        axes += &polyline([(x, bottom), (x, bottom + 35)]);
    }
    for (value, _) in &plot.y_ticks {
        let y = plot.y(*value);
        grid += &polyline([(left, y), (right, y)]);
        axes += &polyline([(left - 35, y), (left, y)]);
    }
    svg.stroke(Style::Grid, &grid);
    svg.stroke(Style::Axis, &axes);
    for (value, label) in &plot.y_ticks {
        svg.text((left - 70, plot.y(*value) + 42), Anchor::End, label);
    }
    for tick in &plot.x_ticks {
        let x = plot.x(tick.at);
        let half = width(&tick.time).max(width(&tick.date)) / 2;
        if x - half >= 0 && x + half <= plot.page_right {
            svg.text((x, bottom + 175), Anchor::Middle, &tick.time);
            svg.text((x, bottom + 310), Anchor::Middle, &tick.date);
        }
    }
}

/// Draws the pieces of a line. A piece of one sample is a dot.
fn line(svg: &mut Svg, content: &Content, plot: &Plot, index: usize, pieces: &[Vec<Sample>]) {
    let point = |sample: &Sample| {
        let middle = sample.start.as_nanosecond() + content.time.grain / 2;
        (plot.x_of_nanos(middle), plot.y(sample.value))
    };
    let (mut strokes, mut dots) = (String::new(), String::new());
    for piece in pieces {
        match &piece[..] {
            [sample] => dots += &legend::dot(index, point(sample)),
            samples => strokes += &polyline(samples.iter().map(point)),
        }
    }
    svg.stroke(Style::Line(index), &strokes);
    svg.fill(Style::Line(index), &dots);
}

fn threshold(svg: &mut Svg, content: &Content, plot: &Plot) {
    let Some(threshold) = &content.threshold else { return };
    let y = plot.y(threshold.value);
    svg.stroke(Style::Threshold, &format!("M{},{}H{}", px(plot.left), px(y), px(plot.right)));
    let label = fit(&threshold.label, plot.width());
    let y = if y - plot.top < 160 { y + 140 } else { y - 50 };
    let outline = " class=\"threshold\" stroke=\"var(--bg, none)\" stroke-width=\"3\" \
                   stroke-linejoin=\"round\" paint-order=\"stroke\"";
    svg.text_with((plot.right - 20, y), Anchor::End, &label, outline);
}
