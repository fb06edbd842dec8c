//! The SVG text as it grows. All lengths are in tenths of a pixel.

use std::fmt::Write;

use crate::ink::Ink;
use crate::text::escape;

/// Tenths of a pixel as pixels.
pub(crate) fn px(tenths: i32) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, rest) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    if rest == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

/// Where a text is held.
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

/// The elements so far. Paths of the same ink that follow each other become one.
#[derive(Default)]
pub(crate) struct Page {
    out: String,
    path: Option<(Ink, bool, String)>,
}

impl Page {
    /// Adds to a path: `M`, then points, then perhaps `z`.
    pub(crate) fn path(&mut self, ink: Ink, filled: bool, d: &str) {
        match &mut self.path {
            Some((last, fill, path)) if *last == ink && *fill == filled => path.push_str(d),
            _ => {
                self.flush();
                self.path = Some((ink, filled, d.to_string()));
            }
        }
    }

    /// A text that cannot be longer than the room for it.
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

    /// Adds what is well-formed already.
    pub(crate) fn raw(&mut self, text: &str) {
        self.flush();
        self.out.push_str(text);
    }

    fn flush(&mut self) {
        let Some((ink, filled, d)) = self.path.take() else { return };
        let class = ink.class();
        // Writing to a string cannot fail.
        let _ = if filled {
            let color = ink.color();
            writeln!(self.out, "<path class=\"{class}\" d=\"{d}\" fill=\"{color}\"/>")
        } else {
            let stroke = ink.stroke();
            writeln!(self.out, "<path class=\"{class}\" d=\"{d}\" fill=\"none\" {stroke}/>")
        };
    }

    pub(crate) fn finish(mut self) -> String {
        self.flush();
        self.out
    }
}
