//! Writes SVG elements. All lengths are in tenths of a pixel.

use crate::style::{Style, TEXT};
use crate::text::{clean, escape, fit};

/// Formats tenths of a pixel as pixels.
pub(crate) fn px(tenths: i32) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, rest) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    if rest == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

/// Path data for a line through the points.
pub(crate) fn polyline(points: impl IntoIterator<Item = (i32, i32)>) -> String {
    let points = points.into_iter().map(|(x, y)| format!("{},{}", px(x), px(y)));
    format!("M{}", points.collect::<Vec<_>>().join(" "))
}

/// The position of a text relative to its x.
#[derive(Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// The elements that have been written.
#[derive(Default)]
pub(crate) struct Svg(String);

impl Svg {
    /// Begins a drawing of this width and height in pixels, with a heading.
    pub(crate) fn titled(
        class: &str,
        (width, height): (u32, i32),
        margin: i32,
        title: &str,
        description: &str,
    ) -> Self {
        let title = clean(title, 120);
        let mut svg = Self::default();
        svg.raw(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{class}\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\" fill=\"{TEXT}\" \
             font-family=\"system-ui, sans-serif\" font-size=\"12\">\n<title>{}</title>\n<desc>{}</desc>\n",
            escape(&title),
            escape(description),
        ));
        let bold = " font-size=\"14\" font-weight=\"600\"";
        let title = fit(&title, (width.cast_signed() * 10 - 2 * margin) * 12 / 15);
        svg.text_with((margin, margin + 130), Anchor::Start, &title, bold);
        svg
    }

    /// Draws a path; empty path data draws nothing.
    pub(crate) fn stroke(&mut self, style: Style, d: &str) {
        self.path(style, d, &format!("fill=\"none\" {}", style.stroke()));
    }

    /// Fills a path; empty path data fills nothing.
    pub(crate) fn fill(&mut self, style: Style, d: &str) {
        self.path(style, d, &format!("fill=\"{}\"", style.color()));
    }

    fn path(&mut self, style: Style, d: &str, attributes: &str) {
        if !d.is_empty() {
            self.raw(&format!("<path class=\"{}\" d=\"{d}\" {attributes}/>\n", style.class()));
        }
    }

    /// Writes text; empty text writes nothing.
    pub(crate) fn text(&mut self, (x, y): (i32, i32), anchor: Anchor, text: &str) {
        self.text_with((x, y), anchor, text, "");
    }

    /// Like [`Svg::text`], with more attributes, each of which begins with a space.
    pub(crate) fn text_with(
        &mut self,
        (x, y): (i32, i32),
        anchor: Anchor,
        text: &str,
        attributes: &str,
    ) {
        if text.is_empty() {
            return;
        }
        let (x, y, text) = (px(x), px(y), escape(text));
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.raw(&format!(
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\"{attributes}>{text}</text>\n"
        ));
    }

    /// Writes markup unchanged.
    pub(crate) fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }
}
