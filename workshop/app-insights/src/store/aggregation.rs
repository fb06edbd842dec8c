//! Azure Monitor's five aggregation types, each of which reduces many values to one number.

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::metric::Aggregate;

/// An aggregation type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregation {
    /// The sum divided by the count.
    Average,
    /// All values added up. Azure calls this type "Total".
    Sum,
    /// The number of values.
    Count,
    /// The smallest value.
    Minimum,
    /// The largest value.
    Maximum,
}

/// The text is not the name of an [`Aggregation`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("The aggregation must be average, sum, count, minimum or maximum")]
pub struct UnknownAggregation;

impl Aggregation {
    /// All types, in the order of the lists on the page.
    pub const ALL: [Self; 5] =
        [Self::Average, Self::Sum, Self::Count, Self::Minimum, Self::Maximum];

    /// The number, or `None` if the number is unknown, because there are no values or an exporter
    /// sent neither a minimum nor a maximum. No data is not zero.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "off by less than a chart can show")]
    pub fn of(self, aggregate: &Aggregate) -> Option<f64> {
        if aggregate.count() == 0 {
            return None;
        }
        match self {
            Self::Average => Some(aggregate.average()),
            Self::Sum => Some(aggregate.sum()),
            Self::Count => Some(aggregate.count() as f64),
            Self::Minimum => aggregate.min(),
            Self::Maximum => aggregate.max(),
        }
    }
}

impl fmt::Display for Aggregation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Average => "average",
            Self::Sum => "sum",
            Self::Count => "count",
            Self::Minimum => "minimum",
            Self::Maximum => "maximum",
        })
    }
}

impl FromStr for Aggregation {
    type Err = UnknownAggregation;

    fn from_str(text: &str) -> Result<Self, UnknownAggregation> {
        Self::ALL.into_iter().find(|it| it.to_string() == text).ok_or(UnknownAggregation)
    }
}
