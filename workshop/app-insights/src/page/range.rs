//! The time range of a chart, and the length of its grains.

use jiff::{SignedDuration, Timestamp};

use super::{form::Pick, problem::Problem};
use crate::{format, store};

/// The maximum number of grains in a chart.
const MAX_GRAINS: i64 = 360;

/// A time range in minutes, up to now.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct TimeRange(i64);

impl TimeRange {
    /// The ranges in the list.
    const ALL: [Self; 6] = [Self(2), Self(5), Self(10), Self(30), Self(60), Self(24 * 60)];

    /// Parses `10m`, which is also the default.
    pub(super) fn read(text: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = text else {
            return Ok(Self(10));
        };
        let named = Self::ALL.into_iter().find(|range| range.key() == text);
        named.ok_or_else(|| {
            let all = Self::ALL.map(Self::key).join(", ");
            Problem::missing(format!("The time range must be one of {all}."))
        })
    }

    /// The shortest range that contains several windows of a rule.
    pub(super) fn for_window(window: SignedDuration) -> Self {
        let enough = |range: &Self| range.duration() >= window * 4;
        Self::ALL.into_iter().skip(1).find(enough).unwrap_or(Self(24 * 60))
    }

    pub(super) fn key(self) -> String {
        format!("{}m", self.0)
    }

    fn duration(self) -> SignedDuration {
        SignedDuration::from_mins(self.0)
    }

    pub(super) fn picks(self) -> Vec<Pick> {
        let pick = |range: Self| {
            let label = format!("Last {}", format::duration(range.duration()));
            Pick { value: range.key(), label, chosen: range == self }
        };
        Self::ALL.map(pick).into()
    }

    /// The length of a chart's grains: the length in the store, or a round multiple if there would
    /// be too many grains.
    pub(super) fn grain(self, of_store: SignedDuration) -> SignedDuration {
        let fine = of_store.as_secs().max(1);
        let least = (self.duration().as_secs() / MAX_GRAINS).max(fine);
        let round = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600];
        let fits = |seconds: &i64| *seconds >= least && seconds % fine == 0;
        let found = round.into_iter().find(fits);
        SignedDuration::from_secs(found.unwrap_or((least / fine + 1) * fine))
    }

    /// The beginning and the end of a chart, in whole grains. The last grain has not ended yet.
    pub(super) fn bounds(self, grain: SignedDuration, now: Timestamp) -> (Timestamp, Timestamp) {
        let end = store::floor(now, grain).saturating_add(grain).unwrap_or(Timestamp::MAX);
        let start = end.saturating_sub(self.duration()).unwrap_or(Timestamp::MIN);
        (store::floor(start, grain), end)
    }
}
