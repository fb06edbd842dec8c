//! The part of a chart that is drawn: sanitized texts, and the finite values and the marks in the
//! time range.

use jiff::Timestamp;

use crate::text::clean;
use crate::time::TimeRange;
use crate::{Chart, MAX_LINES, Mark, Point, Threshold};

/// The maximum number of points in all lines together, which limits the size of the file.
const MAX_POINTS: usize = 4000;

pub(crate) struct Content {
    pub title: String,
    pub unit: String,
    pub time: TimeRange,
    pub lines: Vec<Series>,
    /// The number of lines beyond [`MAX_LINES`].
    pub hidden_lines: usize,
    pub threshold: Option<Threshold>,
    /// In chronological order.
    pub marks: Vec<Mark>,
}

/// A line, with its samples in chronological order.
pub(crate) struct Series {
    pub name: String,
    pub samples: Vec<Sample>,
}

/// The value of a time grain.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    pub start: Timestamp,
    pub value: f64,
    /// The number of gaps before the sample. A line connects the samples with the same number.
    run: usize,
}

impl Content {
    pub(crate) fn of(chart: &Chart) -> Self {
        let time = TimeRange::of(chart);
        let lines = chart.lines.iter().take(MAX_LINES);
        let lines = lines.map(|line| Series {
            name: clean(&line.name, 60),
            samples: samples(&line.points, &time),
        });
        let lines = lines.collect();
        let threshold = chart.threshold.as_ref().filter(|threshold| threshold.value.is_finite());
        let marks = chart.marks.iter().filter(|mark| (time.start..=time.end).contains(&mark.at));
        let marks = marks.map(|mark| Mark { label: clean(&mark.label, 60), ..mark.clone() });
        let mut marks: Vec<_> = marks.collect();
        marks.sort_by_key(|mark| mark.at);
        Self {
            title: clean(&chart.title, 120),
            unit: clean(&chart.unit, 20),
            time,
            lines,
            hidden_lines: chart.lines.len().saturating_sub(MAX_LINES),
            threshold: threshold
                .map(|it| Threshold { value: it.value, label: clean(&it.label, 100) }),
            marks,
        }
    }

    pub(crate) fn has_data(&self) -> bool {
        self.lines.iter().any(|line| !line.samples.is_empty())
    }
}

fn samples(points: &[Point], time: &TimeRange) -> Vec<Sample> {
    let in_range = |point: &&Point| {
        point.start < time.end && time.end_of_grain(point.start) > time.start_nanos()
    };
    let samples = points.iter().filter(|point| point.value.is_finite()).filter(in_range);
    let samples = samples.map(|point| Sample { start: point.start, value: point.value, run: 0 });
    let mut samples: Vec<_> = samples.collect();
    samples.sort_by_key(|sample| sample.start);
    for index in 1..samples.len() {
        let previous = samples[index - 1];
        let gap = samples[index].start.as_nanosecond() > time.end_of_grain(previous.start);
        samples[index].run = previous.run + usize::from(gap);
    }
    samples
}

/// The pieces of a line between its gaps. If there are many more samples than `columns`, only the
/// first, the last, the smallest and the largest sample in each column are kept.
pub(crate) fn pieces(
    samples: &[Sample],
    time: &TimeRange,
    columns: usize,
    lines: usize,
) -> Vec<Vec<Sample>> {
    let columns = columns.min(MAX_POINTS / 4 / lines.max(1)).max(1);
    let samples = if samples.len() > columns * 4 {
        let width = (time.length_nanos() / columns as i128).max(1);
        let column =
            |sample: &Sample| (sample.start.as_nanosecond() - time.start_nanos()).div_euclid(width);
        samples.chunk_by(|a, b| column(a) == column(b)).flat_map(extremes).collect()
    } else {
        samples.to_vec()
    };
    samples.chunk_by(|a, b| a.run == b.run).map(<[Sample]>::to_vec).collect()
}

/// The first, the last, the smallest and the largest sample in chronological order, without
/// duplicates.
fn extremes(samples: &[Sample]) -> Vec<Sample> {
    let by_value = |a: &usize, b: &usize| samples[*a].value.total_cmp(&samples[*b].value);
    let smallest = (0..samples.len()).min_by(by_value).unwrap_or(0);
    let largest = (0..samples.len()).max_by(by_value).unwrap_or(0);
    let mut kept = vec![0, smallest, largest, samples.len() - 1];
    kept.sort_unstable();
    kept.dedup();
    kept.into_iter().map(|index| samples[index]).collect()
}
