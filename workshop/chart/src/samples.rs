//! The points that are within the range, and where the line between them breaks.

use jiff::Timestamp;

use crate::{Chart, Line, MAX_LINES};

/// Nanoseconds since the epoch: wide enough that no sum of a time and a duration overflows.
pub(crate) type Nanos = i128;

/// So many points are drawn in all, which keeps the file small.
const MOST: usize = 4000;

/// The range and the grain of a chart.
#[derive(Clone, Copy)]
pub(crate) struct View {
    pub start: Nanos,
    pub end: Nanos,
    pub grain: Nanos,
}

/// One value, in the middle of its grain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    pub start: Nanos,
    pub value: f64,
}

/// What is drawn of a line: pieces without a gap.
pub(crate) type Pieces = Vec<Vec<Sample>>;

impl View {
    pub(crate) fn of(chart: &Chart) -> Self {
        let start = chart.range.start.as_nanosecond();
        let end = chart.range.end.as_nanosecond().max(start);
        let grain = chart.grain.as_nanos();
        Self { start, end, grain: if grain > 0 { grain } else { 1_000_000_000 } }
    }

    /// Seconds from the start of the range. Never outside of the range.
    #[expect(clippy::cast_precision_loss, reason = "a fraction of a pixel")]
    pub(crate) fn seconds(&self, at: Nanos) -> f64 {
        (at.clamp(self.start, self.end) - self.start) as f64 / 1e9
    }

    /// The middle of the grain that starts there.
    pub(crate) fn middle(&self, start: Nanos) -> f64 {
        self.seconds(start.saturating_add(self.grain / 2))
    }
}

/// A moment again. Rounded to what a timestamp can be.
pub(crate) fn timestamp(at: Nanos) -> Timestamp {
    let (least, most) = (Timestamp::MIN.as_nanosecond(), Timestamp::MAX.as_nanosecond());
    Timestamp::from_nanosecond(at.clamp(least, most)).unwrap_or_default()
}

/// The lines that are drawn, with their points in the order of time.
pub(crate) fn drawn(chart: &Chart) -> Vec<(&Line, Vec<Sample>)> {
    let view = View::of(chart);
    chart.lines.iter().take(MAX_LINES).map(|line| (line, samples(line, view))).collect()
}

fn samples(line: &Line, view: View) -> Vec<Sample> {
    let mut samples: Vec<_> = line
        .points
        .iter()
        .filter(|point| point.value.is_finite())
        .map(|point| Sample { start: point.start.as_nanosecond(), value: point.value })
        .filter(|it| it.start < view.end && it.start + view.grain > view.start)
        .collect();
    samples.sort_by_key(|sample| sample.start);
    samples
}

/// Breaks the line where a grain has no data, and thins it out to what can be seen: of the points
/// that share one of `columns` the first, the last, the smallest and the largest.
pub(crate) fn pieces(samples: &[Sample], view: View, columns: usize, lines: usize) -> Pieces {
    let columns = columns.min(MOST / 4 / lines.max(1)).max(1);
    let width = ((view.end - view.start) / columns as Nanos).max(1);
    let thin = samples.len() > columns * 4;
    let mut pieces: Pieces = Vec::new();
    let mut column: Vec<(usize, Sample)> = Vec::new();
    let mut gaps = 0;
    let mut last_gaps = None;
    let mut keep = |(gaps, sample): (usize, Sample)| match pieces.last_mut() {
        Some(piece) if last_gaps == Some(gaps) => piece.push(sample),
        _ => {
            last_gaps = Some(gaps);
            pieces.push(vec![sample]);
        }
    };
    for (index, sample) in samples.iter().enumerate() {
        let after_gap = index > 0 && sample.start - samples[index - 1].start > view.grain;
        gaps += usize::from(after_gap);
        let place = |it: &Sample| (it.start - view.start).div_euclid(width);
        if column.first().is_some_and(|(_, first)| !thin || place(first) != place(sample)) {
            extremes(&column).into_iter().for_each(&mut keep);
            column.clear();
        }
        column.push((gaps, *sample));
    }
    extremes(&column).into_iter().for_each(&mut keep);
    pieces
}

/// The first, the last, the smallest and the largest, in the order of time, each once.
fn extremes(column: &[(usize, Sample)]) -> Vec<(usize, Sample)> {
    let by_value = |a: &usize, b: &usize| column[*a].1.value.total_cmp(&column[*b].1.value);
    let mut kept: Vec<usize> = [
        (!column.is_empty()).then_some(0),
        column.len().checked_sub(1),
        (0..column.len()).min_by(by_value),
        (0..column.len()).max_by(by_value),
    ]
    .into_iter()
    .flatten()
    .collect();
    kept.sort_unstable();
    kept.dedup();
    kept.into_iter().map(|index| column[index]).collect()
}
