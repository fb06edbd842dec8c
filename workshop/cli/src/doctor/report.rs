//! What the checks found, for people to read.

use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Fine,
    /// Not here, and not needed either.
    Optional,
    /// Nothing that stops the workshop, but it may surprise.
    Odd,
    /// The workshop needs this.
    Wrong,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub what: String,
    /// How bad it is.
    pub state: State,
    /// What there is, in words.
    pub found: String,
    /// What to type against it.
    pub cure: Option<String>,
}

impl Finding {
    pub(super) fn fine(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self { what: what.into(), state: State::Fine, found: found.into(), cure: None }
    }

    pub(super) fn optional(
        what: impl Into<String>,
        found: impl Into<String>,
        cure: impl Into<String>,
    ) -> Self {
        let cure = Some(cure.into());
        Self { what: what.into(), state: State::Optional, found: found.into(), cure }
    }

    pub(super) fn odd(
        what: impl Into<String>,
        found: impl Into<String>,
        cure: impl Into<String>,
    ) -> Self {
        Self { state: State::Odd, ..Self::optional(what, found, cure) }
    }

    pub(super) fn wrong(
        what: impl Into<String>,
        found: impl Into<String>,
        cure: impl Into<String>,
    ) -> Self {
        Self { state: State::Wrong, ..Self::optional(what, found, cure) }
    }
}

/// Everything that the checks found.
#[derive(Clone, Debug)]
pub struct Report(pub Vec<Finding>);

impl Report {
    /// How many things are wrong.
    #[must_use]
    pub fn wrong(&self) -> usize {
        self.0.iter().filter(|finding| finding.state == State::Wrong).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|finding| finding.what.chars().count()).max().unwrap_or(0);
        for Finding { what, state, found, cure } in &self.0 {
            // A symbol for whoever skims, a word for whoever reads or listens.
            let (symbol, word) = match state {
                State::Fine => ('✓', "ok"),
                State::Optional => ('○', "optional"),
                State::Odd => ('!', "look"),
                State::Wrong => ('✗', "wrong"),
            };
            writeln!(f, "{symbol} {word:<8}  {what:<width$}  {found}")?;
            if let Some(cure) = cure {
                writeln!(f, "{:12}{:width$}  cure: {cure}", "", "")?;
            }
        }
        Ok(())
    }
}
