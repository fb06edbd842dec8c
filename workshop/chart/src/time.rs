//! Ticks and labels for the x axis, in the reader's time zone.

use jiff::{Timestamp, tz::TimeZone};

use crate::text::width;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Steps in seconds that clocks and calendars make look round.
const STEPS: [i64; 31] = [
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
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    30 * DAY,
    91 * DAY,
    182 * DAY,
    365 * DAY,
    1826 * DAY,
    3652 * DAY,
    18_262 * DAY,
    36_524 * DAY,
    365_242 * DAY,
    3_652_425 * DAY,
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
    let span = (end.as_nanosecond() - start.as_nanosecond()) / 1_000_000_000;
    let date_format = date_format(start, end, zone);
    let Some(step) = STEPS.into_iter().find(|step| {
        let widest = match time_format(*step) {
            Some(format) => text(end, zone, format),
            None => String::new(),
        };
        let date = date_format.map(|format| text(end, zone, format)).unwrap_or_default();
        let needed = i128::from(width(&widest).max(width(&date)) + 140);
        i128::from(*step) * i128::from(room) >= needed * span.max(1)
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
