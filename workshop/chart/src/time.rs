//! Ticks and labels for the x axis, in the reader's time zone.

use jiff::{Timestamp, tz::TimeZone};

use crate::text::width;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// Steps in seconds that clocks and calendars make look round. None is much more than twice the one
/// before, so that there is always one with a label or two.
#[rustfmt::skip]
const STEPS: &[i64] = &[
    1, 2, 5, 10, 15, 30, // seconds
    MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
    HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR,
    DAY, 2 * DAY, 4 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 60 * DAY, 91 * DAY, 182 * DAY,
    YEAR, 2 * YEAR, 5 * YEAR, 10 * YEAR, 20 * YEAR, 50 * YEAR, 100 * YEAR, 200 * YEAR, 500 * YEAR,
    1000 * YEAR, 2000 * YEAR, 5000 * YEAR, 10_000 * YEAR,
];

/// A place on the x axis with the time, and with the date where a new one begins.
pub(crate) struct Tick {
    pub at: Timestamp,
    pub time: String,
    pub date: String,
}

/// Ticks for an axis that is so many tenths of a pixel wide, far enough apart for their labels.
pub(crate) fn ticks(start: Timestamp, end: Timestamp, zone: &TimeZone, room: i32) -> Vec<Tick> {
    let (first, last) = (start.as_second(), end.as_second());
    let seconds = (end.as_nanosecond() - start.as_nanosecond()) / 1_000_000_000;
    let date_format = date_format(start, end, zone);
    let Some(step) = STEPS.iter().copied().find(|step| {
        let widest = match time_format(*step) {
            Some(format) => text(end, zone, format),
            None => String::new(),
        };
        let date = date_format.map(|format| text(end, zone, format)).unwrap_or_default();
        let needed = i128::from(width(&widest).max(width(&date)) + 140);
        i128::from(*step) * i128::from(room) >= needed * seconds.max(1)
    }) else {
        return Vec::new();
    };
    let offset = i64::from(zone.to_offset(start).seconds());
    let mut local = (first + offset).div_euclid(step) * step;
    let mut ticks: Vec<Tick> = Vec::new();
    let mut last_date = String::new();
    while local - offset <= last {
        let at = Timestamp::from_second(local - offset);
        local += step;
        let Some(at) = at.ok().filter(|at| start <= *at && *at <= end) else { continue };
        let date = date_format.map(|format| text(at, zone, format)).unwrap_or_default();
        let new = date != last_date;
        last_date.clone_from(&date);
        ticks.push(match time_format(step) {
            Some(format) => Tick {
                at,
                time: text(at, zone, format),
                date: if new { date } else { String::new() },
            },
            None => Tick { at, time: date, date: String::new() },
        });
    }
    ticks
}

/// None if the step is whole days, so that the date says all.
fn time_format(step: i64) -> Option<&'static str> {
    match step {
        ..MINUTE => Some("%H:%M:%S"),
        MINUTE..DAY => Some("%H:%M"),
        _ => None,
    }
}

/// None if the range is within one day.
fn date_format(start: Timestamp, end: Timestamp, zone: &TimeZone) -> Option<&'static str> {
    let (start, end) = (start.to_zoned(zone.clone()), end.to_zoned(zone.clone()));
    if start.date() == end.date() {
        None
    } else if start.year() == end.year() {
        Some("%-d %b")
    } else {
        Some("%Y-%m-%d")
    }
}

/// A moment in this form; empty only if the form itself is wrong.
fn text(at: Timestamp, zone: &TimeZone, format: &str) -> String {
    jiff::fmt::strtime::format(format, &at.to_zoned(zone.clone())).unwrap_or_default()
}

/// The time of a day, for the title of a grain or a mark. With the date if the chart crosses a day.
pub(crate) fn clock(at: Timestamp, start: Timestamp, end: Timestamp, zone: &TimeZone) -> String {
    match date_format(start, end, zone) {
        None => text(at, zone, "%H:%M:%S"),
        Some(date) => text(at, zone, &format!("{date} %H:%M:%S")),
    }
}

/// A moment in full.
pub(crate) fn full(at: Timestamp, zone: &TimeZone) -> String {
    text(at, zone, "%Y-%m-%d %H:%M:%S")
}

/// What the time zone is called at that moment.
pub(crate) fn zone_name(at: Timestamp, zone: &TimeZone) -> String {
    if zone.to_offset(at).is_zero() { "UTC".to_string() } else { text(at, zone, "UTC%:z") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(start: &str, end: &str, room: i32) -> String {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let ticks = ticks(start.parse().unwrap(), end.parse().unwrap(), &zone, room);
        let labels = ticks.into_iter().map(|it| format!("{} {}", it.time, it.date));
        labels.map(|it| it.trim().to_string()).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn labels_are_as_fine_as_the_range_demands() {
        let from = "2026-12-31T21:59:58Z";
        for (end, text) in [
            ("2026-12-31T22:00:03Z", "22:59:58, 23:00:00, 23:00:02"),
            ("2026-12-31T22:02:03Z", "23:00:00, 23:00:30, 23:01:00, 23:01:30, 23:02:00"),
            ("2026-12-31T22:20:03Z", "23:00, 23:05, 23:10, 23:15, 23:20"),
            ("2027-01-01T00:20:03Z", "23:00 2026-12-31, 00:00 2027-01-01, 01:00"),
            ("2027-01-05T00:20:03Z", "2027-01-02, 2027-01-04"),
        ] {
            assert_eq!(labels(from, end, 3000), text, "until {end}");
        }
        let within_a_year = labels("2026-02-27T22:00:00Z", "2026-02-28T22:00:00Z", 3000);
        assert_eq!(within_a_year, "00:00 28 Feb, 06:00, 12:00, 18:00");
    }
}
