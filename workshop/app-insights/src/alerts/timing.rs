//! The length of grains and windows, and the frequency of evaluations.

use jiff::SignedDuration;

/// The time grain of the store, and the default window and frequency of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// The length of a time grain.
    pub grain: SignedDuration,
    /// The length of a rule's window. Azure: "Aggregation granularity (Period)".
    pub window: SignedDuration,
    /// The time between two evaluations. Azure: "Frequency of evaluation".
    pub frequency: SignedDuration,
}

impl Timing {
    /// Grains of `seconds` (at least one), windows of three grains, one evaluation per grain.
    #[must_use]
    pub fn of_grain(seconds: u32) -> Self {
        let grain = SignedDuration::from_secs(seconds.max(1).into());
        Self { grain, window: grain * 3, frequency: grain }
    }

    /// The shortest grain in Azure, and the window and the frequency of the workshop's rule in
    /// Azure.
    #[must_use]
    pub fn azure() -> Self {
        let minute = SignedDuration::from_mins(1);
        Self { grain: minute, window: minute * 5, frequency: minute }
    }

    /// The grain in seconds, for [`Store::new`](crate::store::Store::new).
    #[must_use]
    pub fn grain_seconds(&self) -> u32 {
        u32::try_from(self.grain.as_secs()).unwrap_or(1)
    }
}

impl Default for Timing {
    /// 10 s, 30 s and 10 s, so that a rule fires soon.
    fn default() -> Self {
        Self::of_grain(10)
    }
}
