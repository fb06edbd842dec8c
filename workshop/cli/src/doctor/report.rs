//! The findings, as text.

use std::fmt;

use super::programs;

/// The state of what was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing to do.
    Fine,
    /// Missing, but not necessary.
    Optional,
    /// Works, but may cause a surprise.
    Odd,
    /// Keeps the workshop from working.
    Wrong,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The subject of the check.
    pub what: String,
    /// Its state.
    pub state: State,
    /// A description.
    pub found: String,
    /// A command, or an address to visit.
    pub fix: Option<String>,
}

impl Finding {
    pub(super) fn new(
        state: State,
        what: impl Into<String>,
        found: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { what: what.into(), state, found: found.into(), fix: Some(fix.into()) }
    }

    pub(super) fn fine(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self { what: what.into(), state: State::Fine, found: found.into(), fix: None }
    }
}

/// All findings.
#[derive(Clone, Debug)]
pub struct Report(pub Vec<Finding>);

impl Report {
    /// The number of findings that are wrong.
    pub fn wrong(&self) -> usize {
        self.0.iter().filter(|finding| finding.state == State::Wrong).count()
    }

    /// Whether all programs are built.
    pub fn is_built(&self) -> bool {
        let programs = self.0.iter().find(|finding| finding.what == programs::WHAT);
        programs.is_some_and(|finding| finding.state == State::Fine)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|finding| finding.what.chars().count()).max().unwrap_or(0);
        for Finding { what, state, found, fix } in &self.0 {
            // Screen readers need the word.
            let state = match state {
                State::Fine => "✓ ok",
                State::Optional => "○ optional",
                State::Odd => "! look",
                State::Wrong => "✗ wrong",
            };
            writeln!(f, "{state:<10}  {what:<width$}  {found}")?;
            if let Some(fix) = fix {
                writeln!(f, "{:12}{:width$}  fix: {fix}", "", "")?;
            }
        }
        Ok(())
    }
}
