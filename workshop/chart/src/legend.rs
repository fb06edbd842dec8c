//! Which line is which.

use crate::Chart;
use crate::samples::Sample;
use crate::text::{clean, fit, width};
use crate::{Line, MAX_LINES};

pub(crate) const ROW: i32 = 180;
const SWATCH: i32 = 300;
const SPACE: i32 = 160;

/// One entry: the index of a line, or none for "and 12 more".
pub(crate) struct Entry {
    pub line: Option<usize>,
    pub text: String,
    pub x: i32,
    pub row: i32,
}

/// The entries, laid out in at most so many rows of this width. Empty for a single line.
pub(crate) fn layout(
    chart: &Chart,
    lines: &[(&Line, Vec<Sample>)],
    left: i32,
    right: i32,
    rows: i32,
) -> Vec<Entry> {
    if chart.lines.len() < 2 {
        return Vec::new();
    }
    let room = right - left;
    let longest = (room / 2 - SWATCH - SPACE).max(400).min(room - SWATCH);
    let mut entries: Vec<Entry> = Vec::new();
    let (mut x, mut row) = (left, 0);
    for (index, (line, _)) in lines.iter().enumerate() {
        let name = clean(line.name.trim(), 80);
        let name = if name.is_empty() { "(no name)" } else { &name };
        let text = fit(name, longest);
        let wide = SWATCH + width(&text);
        if x > left && x + wide > right {
            (x, row) = (left, row + 1);
        }
        entries.push(Entry { line: Some(index), text, x, row });
        x += wide + SPACE;
    }
    // What has no room is counted, like what is not drawn.
    let hidden = chart.lines.len().saturating_sub(MAX_LINES);
    entries.retain(|entry| entry.row < rows);
    loop {
        let more = hidden + lines.len() - entries.len();
        if more == 0 {
            return entries;
        }
        let text = format!("and {more} more");
        let (x, row) = entries
            .last()
            .map_or((left, 0), |last| (last.x + SWATCH + width(&last.text) + SPACE, last.row));
        let place = match () {
            () if x + width(&text) <= right || entries.is_empty() => Some((x, row)),
            () if row + 1 < rows => Some((left, row + 1)),
            () => None,
        };
        if let Some((x, row)) = place {
            entries.push(Entry { line: None, text, x, row });
            return entries;
        }
        entries.pop();
    }
}
