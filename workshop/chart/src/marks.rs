//! The vertical lines of an alert. The two kinds differ in shape and dashes, not only in color.

use crate::content::Content;
use crate::plot::Plot;
use crate::style::Style;
use crate::svg::{Anchor, Svg, px};
use crate::text::{escape, fit, width};
use crate::{MAX_MARKS, Mark, MarkKind};

pub(crate) fn draw(svg: &mut Svg, content: &Content, plot: &Plot) {
    let marks = &content.marks[..content.marks.len().min(MAX_MARKS)];
    // The right end of the labels that have been drawn.
    let mut taken = plot.left;
    for (index, mark) in marks.iter().enumerate() {
        let x = plot.x(mark.at);
        let (style, kind) = match mark.kind {
            MarkKind::Fired => (Style::Fired, "fired"),
            MarkKind::Resolved => (Style::Resolved, "resolved"),
        };
        let title = if mark.label.is_empty() { kind_name(mark) } else { &mark.label };
        svg.raw(&format!(
            "<g class=\"mark {kind}\" data-time=\"{}\"><title>{}</title>\n",
            mark.at,
            escape(&format!("{}: {title}", content.time.clock(mark.at)))
        ));
        svg.stroke(style, &format!("M{},{}V{}", px(x), px(plot.top - 20), px(plot.bottom)));
        shape(svg, mark.kind, x, plot.top - 70);
        let next = marks.get(index + 1).map_or(plot.page_right, |next| plot.x(next.at) - 60);
        let room = next.min(plot.page_right) - 30 - (x + 70);
        taken = label(svg, &mark.label, (x, plot.top - 28), taken, room);
        svg.raw("</g>\n");
    }
}

pub(crate) fn kind_name(mark: &Mark) -> &'static str {
    match mark.kind {
        MarkKind::Fired => "Fired",
        MarkKind::Resolved => "Resolved",
    }
}

/// Writes a label to the right of its mark, or to the left if the whole label fits only there.
/// Returns the right end of the label.
fn label(svg: &mut Svg, label: &str, (x, y): (i32, i32), taken: i32, room: i32) -> i32 {
    let shown = fit(label, room);
    if shown != label && x - 70 - taken >= width(label) {
        svg.text((x - 70, y), Anchor::End, label);
        x + 60
    } else if shown.chars().count() > 3 || shown == label {
        svg.text((x + 70, y), Anchor::Start, &shown);
        x + 70 + width(&shown) + 30
    } else {
        x + 60
    }
}

/// A filled triangle or a ring, above the line.
fn shape(svg: &mut Svg, kind: MarkKind, x: i32, y: i32) {
    match kind {
        MarkKind::Fired => {
            svg.fill(Style::Fired, &format!("M{},{}l5,9h-10z", px(x), px(y - 45)));
        }
        MarkKind::Resolved => svg.raw(&format!(
            "<circle class=\"resolved\" cx=\"{}\" cy=\"{}\" r=\"4\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n",
            px(x),
            px(y),
            Style::Resolved.color()
        )),
    }
}
