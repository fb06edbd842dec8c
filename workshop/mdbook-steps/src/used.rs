//! The sources that a chapter shows.

use std::collections::BTreeSet;

/// The sources that a chapter shows, as paths from the workspace's root with slashes. A test uses
/// this list to find the sources that no page shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Used {
    /// Snapshots that `output` shows.
    pub outputs: BTreeSet<String>,
    /// Pictures that `figure` shows.
    pub figures: BTreeSet<String>,
    /// Names of the plans that `schedule` shows.
    pub schedules: BTreeSet<String>,
    /// Names of the exercises that `exercise` shows.
    pub exercises: BTreeSet<String>,
}

impl Used {
    /// Adds the sources of another chapter.
    pub fn extend(&mut self, other: Self) {
        self.outputs.extend(other.outputs);
        self.figures.extend(other.figures);
        self.schedules.extend(other.schedules);
        self.exercises.extend(other.exercises);
    }
}
