//! A small SVG writer. All lengths are in tenths of a pixel.

use std::fmt::Write;

use crate::style::Style;
use crate::text::escape;

/// Tenths of a pixel as pixels.
pub(crate) fn px(tenths: i32) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, rest) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    if rest == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

/// Which part of a text stands at its position.
#[derive(Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// The elements so far. Consecutive paths of the same style are merged.
#[derive(Default)]
pub(crate) struct Svg {
    out: String,
    path: Option<(Style, bool, String)>,
}

impl Svg {
    /// Adds a path. `d` starts with `M`.
    pub(crate) fn path(&mut self, style: Style, filled: bool, d: &str) {
        match &mut self.path {
            Some((last, fill, path)) if *last == style && *fill == filled => path.push_str(d),
            _ => {
                self.flush();
                self.path = Some((style, filled, d.to_string()));
            }
        }
    }

    /// Adds a text. `more` is further attributes.
    pub(crate) fn text(&mut self, (x, y): (i32, i32), anchor: Anchor, text: &str, more: &str) {
        if text.is_empty() {
            return;
        }
        let (x, y, anchor) = (px(x), px(y), anchor.name());
        let text = escape(text);
        let space = if more.is_empty() { "" } else { " " };
        self.raw(&format!(
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\"{space}{more}>{text}</text>\n"
        ));
    }

    /// Adds markup that is well-formed already.
    pub(crate) fn raw(&mut self, text: &str) {
        self.flush();
        self.out.push_str(text);
    }

    fn flush(&mut self) {
        let Some((style, filled, d)) = self.path.take() else { return };
        let class = style.class();
        // Writing to a string cannot fail.
        let _ = if filled {
            let color = style.color();
            writeln!(self.out, "<path class=\"{class}\" d=\"{d}\" fill=\"{color}\"/>")
        } else {
            let stroke = style.stroke();
            writeln!(self.out, "<path class=\"{class}\" d=\"{d}\" fill=\"none\" {stroke}/>")
        };
    }

    pub(crate) fn finish(mut self) -> String {
        self.flush();
        self.out
    }
}
