//! The vertical lines of an alert: told apart by shape and dashes, not by color alone.

use crate::description::{marks, what};
use crate::draw::Plot;
use crate::samples::timestamp;
use crate::style::Style;
use crate::svg::{Anchor, Svg, px};
use crate::text::{clean, escape, fit, width};
use crate::time::clock;
use crate::{Chart, MAX_MARKS, MarkKind};

pub(crate) fn draw(svg: &mut Svg, chart: &Chart, plot: &Plot) {
    let marks = marks(chart, plot.view);
    let marks = &marks[..marks.len().min(MAX_MARKS)];
    let (start, end) = (timestamp(plot.view.start), timestamp(plot.view.end));
    // Up to where the strip above the plot is taken.
    let mut taken = plot.left;
    for (index, mark) in marks.iter().enumerate() {
        let x = plot.x(mark.at.as_nanosecond());
        let label = clean(mark.label.trim(), 60);
        let at = clock(mark.at, start, end, &chart.zone);
        let (class, kind) = match mark.kind {
            MarkKind::Fired => (Style::Fired, "fired"),
            MarkKind::Resolved => (Style::Resolved, "resolved"),
        };
        let title = if label.is_empty() { what(mark) } else { &label };
        svg.raw(&format!(
            "<g class=\"mark {kind}\" data-time=\"{}\"><title>{}</title>\n",
            mark.at,
            escape(&format!("{at}: {title}"))
        ));
        let (top, y) = (plot.top - 20, plot.top - 70);
        svg.path(class, false, &format!("M{},{}V{}", px(x), px(top), px(plot.bottom)));
        shape(svg, mark.kind, x, y);
        let next = marks.get(index + 1).map(|next| plot.x(next.at.as_nanosecond()) - 60);
        let right = next.unwrap_or(plot.page_right).min(plot.page_right) - 30;
        let room = right - (x + 70);
        let left_room = x - 70 - taken;
        let shown = fit(&label, room);
        // Half a word helps nobody: on the other side there may be more room.
        if shown != label && left_room >= width(&label) {
            svg.text((x - 70, plot.top - 28), Anchor::End, &label, "");
            taken = x + 60;
        } else if shown.chars().count() > 3 || shown == label {
            svg.text((x + 70, plot.top - 28), Anchor::Start, &shown, "");
            taken = x + 70 + width(&shown) + 30;
        } else {
            taken = x + 60;
        }
        svg.raw("</g>\n");
    }
}

/// A filled triangle or a ring, above the line.
fn shape(svg: &mut Svg, kind: MarkKind, x: i32, y: i32) {
    match kind {
        MarkKind::Fired => {
            let d = format!("M{},{}l5,9h-10z", px(x), px(y - 45));
            svg.path(Style::Fired, true, &d);
        }
        MarkKind::Resolved => {
            let color = Style::Resolved.color();
            svg.raw(&format!(
                "<circle class=\"resolved\" cx=\"{}\" cy=\"{}\" r=\"4\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>\n",
                px(x),
                px(y)
            ));
        }
    }
}
