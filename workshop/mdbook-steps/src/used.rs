//! What a chapter shows.

use std::collections::BTreeSet;

use crate::markdown::Fence;

/// The sources that a chapter shows, as paths from the workspace's root with slashes, so that a test
/// can tell which ones no page shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Used {
    /// Files, or parts of them, that `listing` shows.
    pub listings: BTreeSet<String>,
    /// Snapshots that `output` shows.
    pub outputs: BTreeSet<String>,
    /// Files that `diff` compares, on both sides.
    pub diffs: BTreeSet<String>,
    /// Snapshots that `telemetry` and `telemetry-diff` read.
    pub telemetry: BTreeSet<String>,
    /// Pictures, whether `figure` or Markdown shows them.
    pub figures: BTreeSet<String>,
    /// Names that `version` looked up.
    pub versions: BTreeSet<String>,
    /// Chapters whose time `minutes` tells, by file without `.md`.
    pub minutes: BTreeSet<String>,
    /// Plans that `schedule` shows.
    pub schedules: BTreeSet<String>,
    /// Fences that no directive made.
    pub fences: Vec<Fence>,
}

impl Used {
    /// Adds what another chapter shows.
    pub fn extend(&mut self, other: Self) {
        self.listings.extend(other.listings);
        self.outputs.extend(other.outputs);
        self.diffs.extend(other.diffs);
        self.telemetry.extend(other.telemetry);
        self.figures.extend(other.figures);
        self.versions.extend(other.versions);
        self.minutes.extend(other.minutes);
        self.schedules.extend(other.schedules);
        self.fences.extend(other.fences);
    }
}
