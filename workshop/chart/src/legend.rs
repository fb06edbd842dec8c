//! The legend: a sample and the name of each line. A chart with a single line has no legend.

use crate::content::Content;
use crate::plot::MARGIN;
use crate::style::Style;
use crate::svg::{Anchor, Svg, polyline, px};
use crate::text::{fit, width};

const ROW: i32 = 180;
/// The width of a sample and the space after it.
const SAMPLE: i32 = 260;
/// The width of an entry without its text.
const ENTRY: i32 = 300;
const SPACE: i32 = 160;

pub(crate) struct Legend {
    entries: Vec<Entry>,
    top: i32,
}

struct Entry {
    /// The index of a line, or `None` for "and 12 more".
    line: Option<usize>,
    text: String,
    x: i32,
    row: i32,
}

impl Legend {
    pub(crate) fn new(content: &Content, top: i32, (page_width, page_height): (i32, i32)) -> Self {
        if content.lines.len() < 2 {
            return Self { entries: Vec::new(), top };
        }
        let (left, right) = (MARGIN, page_width - MARGIN);
        let rows = (page_height / 3 / ROW).max(1);
        let room = right - left;
        let longest = (room / 2 - ENTRY - SPACE).max(400).min(room - ENTRY);
        let mut entries: Vec<Entry> = Vec::new();
        let (mut x, mut row) = (left, 0);
        for (index, line) in content.lines.iter().enumerate() {
            let name = if line.name.is_empty() { "(no name)" } else { &line.name };
            let text = fit(name, longest);
            let needed = ENTRY + width(&text);
            if x > left && x + needed > right {
                (x, row) = (left, row + 1);
            }
            entries.push(Entry { line: Some(index), text, x, row });
            x += needed + SPACE;
        }
        let lines = content.lines.len() + content.hidden_lines;
        entries.retain(|entry| entry.row < rows);
        while entries.len() < lines {
            let text = format!("and {} more", lines - entries.len());
            let (x, row) = entries.last().map_or((left, 0), Entry::end);
            let fits = entries.is_empty() || x + width(&text) <= right;
            if fits || row + 1 < rows {
                let (x, row) = if fits { (x, row) } else { (left, row + 1) };
                entries.push(Entry { line: None, text, x, row });
                break;
            }
            // Removes the last name to make room.
            entries.pop();
        }
        Self { entries, top }
    }

    pub(crate) fn height(&self) -> i32 {
        self.entries.last().map_or(0, |last| (last.row + 1) * ROW)
    }

    /// Draws the legend, with a dot for each line that `has_dots`.
    pub(crate) fn draw(&self, svg: &mut Svg, has_dots: impl Fn(usize) -> bool) {
        for Entry { line, text, x, row } in &self.entries {
            let y = self.top + row * ROW;
            if let Some(index) = *line {
                let style = Style::Line(index);
                svg.stroke(style, &polyline([(*x, y + 80), (x + 220, y + 80)]));
                if has_dots(index) {
                    svg.fill(style, &dot(index, (x + 110, y + 80)));
                }
            }
            let indent = if line.is_some() { SAMPLE } else { 0 };
            svg.text((x + indent, y + 120), Anchor::Start, text);
        }
    }
}

impl Entry {
    /// The position of the next entry in the same row.
    fn end(&self) -> (i32, i32) {
        (self.x + ENTRY + width(&self.text) + SPACE, self.row)
    }
}

/// Path data of a dot. The dots of neighboring lines have different shapes.
pub(crate) fn dot(index: usize, (x, y): (i32, i32)) -> String {
    let corners: &[(i32, i32)] = match index % 5 {
        0 => {
            let (left, y) = (px(x - 35), px(y));
            return format!("M{left},{y}a3.5,3.5 0 1 1 7,0a3.5,3.5 0 1 1-7,0z");
        }
        1 => &[(-32, -32), (32, -32), (32, 32), (-32, 32)],
        2 => &[(0, -45), (45, 0), (0, 45), (-45, 0)],
        3 => &[(0, -42), (40, 32), (-40, 32)],
        _ => &[(0, 42), (40, -32), (-40, -32)],
    };
    polyline(corners.iter().map(|(dx, dy)| (x + dx, y + dy))) + "z"
}
