//! Time grains: their length, their beginning and their values.

use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};

use super::metric::Aggregate;

/// The values of one time grain.
#[derive(Clone, Copy, Debug)]
pub struct Grain {
    /// The beginning of the grain, which ends where the next grain begins.
    pub start: Timestamp,
    /// All values measured within the grain.
    pub aggregate: Aggregate,
}

/// The last multiple of `step` on the clock that is not after `time`. Every grain begins at such a
/// multiple, and every evaluation of a rule takes place at such a multiple.
#[must_use]
pub fn floor(time: Timestamp, step: SignedDuration) -> Timestamp {
    let step = step.as_secs().max(1);
    // The fraction of a second is negative before 1970.
    let second = time.as_second() - i64::from(time.subsec_nanosecond() < 0);
    let start = second.div_euclid(step).saturating_mul(step);
    Timestamp::from_second(start).unwrap_or(Timestamp::MIN)
}

/// The beginnings of the first and the last grain that overlap a range; `None` if the range is
/// empty.
pub(super) fn overlapping(
    range: &std::ops::Range<Timestamp>,
    length: SignedDuration,
) -> Option<RangeInclusive<Timestamp>> {
    let last = range.end.saturating_sub(SignedDuration::from_nanos(1)).unwrap_or(range.end);
    (!range.is_empty()).then(|| floor(range.start, length)..=floor(last, length))
}

/// Adds values to the grain that begins at `start`: the last of `grains`, or else a new grain.
pub(super) fn add(grains: &mut Vec<Grain>, start: Timestamp, aggregate: &Aggregate) {
    match grains.last_mut() {
        Some(grain) if grain.start == start => grain.aggregate.merge(aggregate),
        _ => grains.push(Grain { start, aggregate: *aggregate }),
    }
}

/// Merges grains, the oldest first, into longer grains, whose length is a multiple of theirs.
#[must_use]
pub fn coarsen(grains: &[Grain], length: SignedDuration) -> Vec<Grain> {
    let mut coarse = Vec::new();
    for grain in grains {
        add(&mut coarse, floor(grain.start, length), &grain.aggregate);
    }
    coarse
}
