//! How long grains and windows are, and how often rules are evaluated.

use jiff::{SignedDuration, Timestamp};

/// The time grain of the store, and what a rule has unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long a time grain is.
    pub grain: SignedDuration,
    /// How far an evaluation looks back. Azure: "Aggregation granularity (Period)".
    pub window: SignedDuration,
    /// How often a rule is evaluated. Azure: "Frequency of evaluation".
    pub frequency: SignedDuration,
}

impl Timing {
    /// Grains of so many seconds (at least one), windows of three grains, an evaluation a grain.
    #[must_use]
    pub fn of_grain(seconds: u32) -> Self {
        let grain = SignedDuration::from_secs(seconds.max(1).into());
        Self { grain, window: grain * 3, frequency: grain }
    }

    /// Azure's finest grain, with the window and the frequency of the workshop's rule there.
    #[must_use]
    pub fn azure() -> Self {
        let minute = SignedDuration::from_mins(1);
        Self { grain: minute, window: minute * 5, frequency: minute }
    }

    /// The grain in seconds, as `Store::new` takes it.
    #[must_use]
    pub fn grain_seconds(&self) -> u32 {
        u32::try_from(self.grain.as_secs()).unwrap_or(1)
    }
}

impl Default for Timing {
    /// So short that a rule fires while people are still looking: 10 s, 30 s and 10 s.
    fn default() -> Self {
        Self::of_grain(10)
    }
}

/// The number of the grain that a time lies in, counted from 1970. `grain` is in seconds.
pub(crate) fn grain_index(time: Timestamp, grain: i64) -> i64 {
    // Rounded down also before 1970, where the fraction of a second is negative.
    let second = time.as_second() - i64::from(time.subsec_nanosecond() < 0);
    second.div_euclid(grain.max(1))
}

/// The beginning of the grain with this number.
pub(crate) fn grain_start(index: i64, grain: i64) -> Timestamp {
    Timestamp::from_second(index.saturating_mul(grain.max(1))).unwrap_or(Timestamp::MIN)
}

/// The last multiple of `every` that is not after `time`.
pub(crate) fn floor(time: Timestamp, every: SignedDuration) -> Timestamp {
    let seconds = every.as_secs();
    grain_start(grain_index(time, seconds), seconds)
}
