//! How far back a chart looks, and how long its grains are.

use jiff::{SignedDuration, Timestamp};

use super::{form::Pick, problem::Problem};
use crate::{
    format,
    store::{Grain, merge_into_last},
    timing::floor,
};

/// The most grains from one side of a chart to the other.
const MAX_GRAINS: i64 = 360;

/// How far back a chart looks.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct TimeRange(i64);

impl TimeRange {
    /// All that are offered, in minutes.
    const ALL: [Self; 6] = [Self(2), Self(5), Self(10), Self(30), Self(60), Self(24 * 60)];

    /// Reads `10m`; nothing stands for that, too.
    pub(super) fn read(text: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = text else {
            return Ok(Self(10));
        };
        let named = Self::ALL.into_iter().find(|span| span.key() == text);
        named.ok_or_else(|| {
            let all: Vec<String> = Self::ALL.iter().map(|span| span.key()).collect();
            Problem::missing(format!("The time range must be one of {}.", all.join(", ")))
        })
    }

    /// The shortest that shows a few windows, so that one sees how a rule comes about.
    pub(super) fn for_window(window: SignedDuration) -> Self {
        let enough = |span: &Self| span.duration() >= window * 4;
        Self::ALL.into_iter().skip(1).find(enough).unwrap_or(Self(24 * 60))
    }

    pub(super) fn key(self) -> String {
        format!("{}m", self.0)
    }

    pub(super) fn duration(self) -> SignedDuration {
        SignedDuration::from_mins(self.0)
    }

    pub(super) fn picks(self) -> Vec<Pick> {
        let pick = |span: Self| {
            let label = format!("Last {}", format::duration(span.duration()));
            Pick { value: span.key(), label, chosen: span == self }
        };
        Self::ALL.into_iter().map(pick).collect()
    }

    /// How long the grains of a chart are: the store's, or, where they would be too many to see,
    /// a multiple of it that clocks know.
    pub(super) fn grain(self, of_store: SignedDuration) -> SignedDuration {
        let fine = of_store.as_secs().max(1);
        let least = (self.duration().as_secs() / MAX_GRAINS).max(fine);
        let round = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600];
        let fits = |seconds: &i64| *seconds >= least && seconds % fine == 0;
        let found = round.into_iter().find(fits);
        SignedDuration::from_secs(found.unwrap_or((least / fine + 1) * fine))
    }

    /// From when to when a chart shows, in whole grains; the last one is not over yet.
    pub(super) fn range(self, grain: SignedDuration, now: Timestamp) -> (Timestamp, Timestamp) {
        let end = floor(now, grain).saturating_add(grain).unwrap_or(Timestamp::MAX);
        let start = floor(end.saturating_sub(self.duration()).unwrap_or(Timestamp::MIN), grain);
        (start, end)
    }
}

/// Adds up grains, oldest first, to longer ones.
pub(super) fn coarsen(grains: Vec<Grain>, grain: SignedDuration) -> Vec<Grain> {
    let mut coarse: Vec<Grain> = Vec::new();
    for fine in grains {
        let start = floor(fine.start, grain);
        merge_into_last(&mut coarse, start, &fine.aggregate);
    }
    coarse
}
