//! Ticks of the time axis.

use jiff::Timestamp;

use crate::text::width;
use crate::time::TimeRange;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Distances between ticks in seconds. Longer distances are 1, 2, 4, 8 days and so on.
const STEPS: [i64; 17] = [
    1,
    2,
    5,
    10,
    15,
    30,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
];

/// A tick with its time, and with the date where the date changes.
pub(crate) struct Tick {
    pub at: Timestamp,
    pub time: String,
    pub date: String,
}

/// Ticks for an axis of `room` tenths of a pixel, far enough apart for their labels.
pub(crate) fn ticks(range: &TimeRange, room: i32) -> Vec<Tick> {
    let date_format = range.date_format();
    let date = |at| date_format.map(|format| range.format(at, format)).unwrap_or_default();
    let time = |at, step| time_format(step).map(|format| range.format(at, format));
    let seconds = range.length_nanos() / 1_000_000_000;
    let has_room = |step: &i64| {
        let label = time(range.end, *step).unwrap_or_default();
        let needed = width(&label).max(width(&date(range.end))) + 140;
        i128::from(*step) * i128::from(room) >= i128::from(needed) * seconds.max(1)
    };
    let days = (0..24).map(|doubled| DAY << doubled);
    let Some(step) = STEPS.into_iter().chain(days).find(has_room) else {
        return Vec::new();
    };
    let offset = i64::from(range.zone.to_offset(range.start).seconds());
    // The ticks are at round local times.
    let mut local = (range.start.as_second() + offset).div_euclid(step) * step;
    let mut ticks = Vec::new();
    let mut last_date = String::new();
    while local - offset <= range.end.as_second() {
        let at = Timestamp::from_second(local - offset);
        local += step;
        let Some(at) = at.ok().filter(|at| (range.start..=range.end).contains(at)) else {
            continue;
        };
        let date = date(at);
        ticks.push(match time(at, step) {
            None => Tick { at, time: date, date: String::new() },
            Some(time) if date == last_date => Tick { at, time, date: String::new() },
            Some(time) => {
                last_date.clone_from(&date);
                Tick { at, time, date }
            }
        });
    }
    ticks
}

/// The format of a tick, or `None` if the step is whole days: then the label is the date.
fn time_format(step: i64) -> Option<&'static str> {
    match step {
        ..MINUTE => Some("%H:%M:%S"),
        MINUTE..DAY => Some("%H:%M"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::{TimeZone, offset};

    use super::*;

    fn labels(start: &str, end: &str) -> String {
        let (start, end) = (start.parse().unwrap(), end.parse().unwrap());
        let range = TimeRange { start, end, grain: 1, zone: TimeZone::fixed(offset(1)) };
        let labels = ticks(&range, 3000).into_iter().map(|it| format!("{} {}", it.time, it.date));
        labels.map(|it| it.trim().to_string()).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn labels_suit_the_length_of_the_range() {
        let from = "2026-12-31T21:59:58Z";
        for (end, text) in [
            ("2026-12-31T22:00:03Z", "22:59:58, 23:00:00, 23:00:02"),
            ("2026-12-31T22:02:03Z", "23:00:00, 23:00:30, 23:01:00, 23:01:30, 23:02:00"),
            ("2026-12-31T22:20:03Z", "23:00, 23:05, 23:10, 23:15, 23:20"),
            ("2027-01-01T00:20:03Z", "23:00 2026-12-31, 00:00 2027-01-01, 01:00"),
            ("2027-01-05T00:20:03Z", "2027-01-02, 2027-01-04"),
        ] {
            assert_eq!(labels(from, end), text, "until {end}");
        }
        let within_a_year = labels("2026-02-27T22:00:00Z", "2026-02-28T22:00:00Z");
        assert_eq!(within_a_year, "00:00 28 Feb, 06:00, 12:00, 18:00");
    }
}
