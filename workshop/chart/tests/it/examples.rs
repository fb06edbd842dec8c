//! Charts for the tests.

use chart::{Chart, Line, Mark, MarkKind, Point, Threshold};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A line with one value per grain; `None` is a grain without data.
pub fn line(
    name: &str,
    start: Timestamp,
    grain: SignedDuration,
    values: impl IntoIterator<Item = Option<f64>>,
) -> Line {
    let points = (0..)
        .zip(values)
        .filter_map(|(index, value)| Some(Point { start: start + grain * index, value: value? }));
    Line { name: name.to_string(), points: points.collect() }
}

/// Ten minutes in grains of 10 s.
pub fn empty() -> Chart {
    let start = at("2026-03-01T10:00:00Z");
    Chart {
        title: "request-latency".to_string(),
        unit: "ms".to_string(),
        range: start..start + SignedDuration::from_mins(10),
        grain: SignedDuration::from_secs(10),
        lines: Vec::new(),
        threshold: None,
        marks: Vec::new(),
        zone: TimeZone::UTC,
    }
}

/// An alert that fires and is resolved.
pub fn alert() -> Chart {
    let chart = empty();
    let values = (0..60).map(|i| match i {
        0..=8 | 33 | 35..=37 => None,
        i if i < 20 => Some(f64::from(150 + i * 37 % 90)),
        i if i < 48 => Some(f64::from(1300 + i * 71 % 400)),
        i => Some(f64::from(120 + i * 53 % 80)),
    });
    let lines = vec![line("average", chart.range.start, chart.grain, values)];
    let threshold = Threshold { value: 1000.0, label: "alert above 1000 ms".to_string() };
    let mark =
        |time: &str, label: &str, kind| Mark { at: at(time), label: label.to_string(), kind };
    let marks = vec![
        mark("2026-03-01T10:05:00Z", "Fired: latency-alert", MarkKind::Fired),
        mark("2026-03-01T10:09:00Z", "Resolved", MarkKind::Resolved),
    ];
    Chart { lines, threshold: Some(threshold), marks, ..chart }
}

/// More lines than a chart draws, over two days and in another time zone.
pub fn many_lines() -> Chart {
    let start = at("2026-03-01T10:00:00Z");
    let grain = SignedDuration::from_mins(60);
    let lines = (0..22).map(|index| {
        let values = (0..48).map(move |hour| {
            (hour % 17 != index % 11)
                .then_some(f64::from(index * 900 + (hour * 7919 + index * 131) % 700))
        });
        line(&format!("GET /route/number/{index}/of-many"), start, grain, values)
    });
    Chart {
        title: "http.server.request.count".to_string(),
        unit: "{request}".to_string(),
        range: start..start + grain * 48,
        grain,
        lines: lines.collect(),
        zone: TimeZone::fixed(jiff::tz::offset(2)),
        ..empty()
    }
}

/// Isolated points of two lines, some below zero.
pub fn lone_points() -> Chart {
    let chart = empty();
    let start = chart.range.start;
    let every = |shift: i32, size: f64| {
        (0..60).map(move |i| (i % 6 == shift).then_some(f64::from(i - 30) * size))
    };
    let lines = vec![
        line("nice", start, chart.grain, every(0, 0.5)),
        line("naughty", start, chart.grain, every(3, 0.2)),
    ];
    Chart { title: "balance".to_string(), unit: String::new(), lines, ..chart }
}
