//! What is made of a metric's values within some time: Azure Monitor's five aggregation types.

use std::{fmt, str::FromStr};

use serde::Serialize;
use thiserror::Error;

use crate::metric::Aggregate;

/// A way to make one number of many values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Aggregation {
    /// The sum divided by the count.
    Average,
    /// All values added up. Azure calls it "Total".
    Sum,
    /// How many values there were, whatever they were.
    Count,
    /// The smallest value.
    Minimum,
    /// The largest value.
    Maximum,
}

/// A word that names no [`Aggregation`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("The aggregation must be average, sum (or total), count, minimum or maximum")]
pub struct UnknownAggregation;

impl Aggregation {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 5] =
        [Self::Average, Self::Sum, Self::Count, Self::Minimum, Self::Maximum];

    /// The number, or `None` when it is not known: nothing was measured, or nobody told the
    /// smallest and the largest value. No data is not zero.
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

    /// The name in Azure's resource templates and in the common alert schema.
    #[must_use]
    pub fn azure(self) -> &'static str {
        match self {
            Self::Average => "Average",
            Self::Sum => "Total",
            Self::Count => "Count",
            Self::Minimum => "Minimum",
            Self::Maximum => "Maximum",
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

    /// Takes the names above, Azure's, and those of `az monitor metrics alert create`.
    fn from_str(text: &str) -> Result<Self, UnknownAggregation> {
        match text.to_ascii_lowercase().as_str() {
            "average" | "avg" => Ok(Self::Average),
            "sum" | "total" => Ok(Self::Sum),
            "count" => Ok(Self::Count),
            "minimum" | "min" => Ok(Self::Minimum),
            "maximum" | "max" => Ok(Self::Maximum),
            _ => Err(UnknownAggregation),
        }
    }
}
