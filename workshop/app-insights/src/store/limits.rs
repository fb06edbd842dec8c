//! The limits of the store.

use std::fmt;

use super::metric::MAX_DIMENSIONS;

/// The limits of the store.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Different combinations of a metric and dimensions. Azure Monitor allows 50,000 in a region.
    pub series: usize,
    /// Bytes of names, keys and values of all series together.
    pub text: usize,
    /// Grains of all series together. Grains ahead of the clock are evicted first, then the oldest
    /// grains.
    pub grains: usize,
    /// Entries of transactions. Here and below, the oldest entries are dropped first.
    pub entries: usize,
    /// Bytes of all entries together, estimated.
    pub entry_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            series: 50_000,
            text: 16 << 20,
            grains: 250_000,
            entries: 100_000,
            entry_bytes: 48 << 20,
        }
    }
}

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// [`Limits::series`], with its value.
    Series(usize),
    /// [`MAX_DIMENSIONS`].
    Dimensions,
    /// [`Limits::text`], with its value.
    Text(usize),
    /// [`Limits::grains`], with its value.
    Grains(usize),
    /// [`Limits::entries`] or [`Limits::entry_bytes`], with their values.
    Entries(usize, usize),
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Series(max) => write!(
                f,
                "{max} series are held, the maximum; points of new series are accepted \
                 but not kept (is there a name or an id among the dimensions?)"
            ),
            Self::Dimensions => write!(
                f,
                "a point has more than {MAX_DIMENSIONS} dimensions; only the first {MAX_DIMENSIONS} by name are kept"
            ),
            Self::Text(max) => write!(
                f,
                "names and dimensions fill {} MiB, the maximum; points of new series \
                 are accepted but not kept",
                max >> 20
            ),
            Self::Grains(max) => write!(
                f,
                "{max} time grains are held, the maximum; grains ahead of this machine's clock \
                 are evicted first, then the oldest"
            ),
            Self::Entries(max, bytes) => write!(
                f,
                "{max} items of transactions or {} MiB are held, the maximum; the oldest are \
                 dropped first",
                bytes >> 20
            ),
        }
    }
}

/// The numbers of points, dimensions and grains that were left out because of a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Points of series that exceed a limit.
    pub points: u64,
    /// Dimensions beyond [`MAX_DIMENSIONS`].
    pub dimensions: u64,
    /// Grains that were evicted before they were too old.
    pub grains: u64,
}
