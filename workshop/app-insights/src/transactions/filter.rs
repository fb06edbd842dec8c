//! The filter of the list, as part of an address.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::{
    format,
    store::{Entry, KEPT, Kind, UnknownKind},
};

/// Selects entries.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// Only entries of this kind.
    pub kind: Option<Kind>,
    /// Only spans that are longer than this time, in milliseconds.
    pub slower: Option<f64>,
    /// Only failed spans and exceptions.
    pub failed: bool,
    /// Only entries whose text contains these letters, in upper or lower case.
    pub name: String,
    /// Only entries that overlap this range.
    pub range: Range,
}

/// A range of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// The time since this number of minutes ago, including entries from a clock that is ahead.
    Last(i64),
    /// A fixed range, such as the window of an alert. The end is excluded.
    Between(Timestamp, Timestamp),
}

impl Range {
    /// The ranges in the list on the page, in minutes. The last range contains all entries that are
    /// kept.
    pub const ALL: [Self; 4] = [Self::Last(2), Self::Last(5), Self::Last(10), Self::Last(30)];

    fn read(text: &str) -> Result<Self, String> {
        if let Some(range) = Self::ALL.into_iter().find(|range| range.to_string() == text) {
            return Ok(range);
        }
        let between = text.split_once('/').and_then(|(from, until)| {
            let (from, until) = (from.parse().ok()?, until.parse().ok()?);
            (from <= until).then_some(Self::Between(from, until))
        });
        between.ok_or_else(|| {
            let all = Self::ALL.map(|range| range.to_string()).join(", ");
            format!("The time range must be one of {all}, or two times with a slash between them.")
        })
    }
}

/// The form in an address: `10m`, or an ISO 8601 interval.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last(minutes) => write!(f, "{minutes}m"),
            Self::Between(from, until) => write!(f, "{from}/{until}"),
        }
    }
}

impl Filter {
    /// The name for all kinds in an address.
    pub const ANY: &str = "any";

    /// Reads the fields of an address. Without fields, the filter selects the requests that are
    /// kept. The error is a sentence for the page.
    pub fn read<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Self, String> {
        let kind = match field("kind") {
            Some(Self::ANY) => None,
            Some(kind) => {
                Some(kind.parse().map_err(|error: UnknownKind| format!("{error}, or any."))?)
            }
            None => Some(Kind::Request),
        };
        let slower = field("slower").map(|text| {
            let number = text.trim().parse::<f64>().ok();
            number.filter(|number| number.is_finite() && *number >= 0.0).ok_or_else(|| {
                "“Slower than” must be a number of milliseconds, such as 500.".to_owned()
            })
        });
        Ok(Self {
            kind,
            slower: slower.transpose()?,
            failed: field("failed").is_some(),
            name: field("name").unwrap_or_default().to_owned(),
            range: field("range").map_or(Ok(Range::Last(KEPT.as_mins())), Range::read)?,
        })
    }

    /// The fields of the same filter in an address.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, String); 5] {
        [
            ("kind", self.kind.map_or(Self::ANY.to_owned(), |kind| kind.to_string())),
            ("slower", self.slower.map(format::exact).unwrap_or_default()),
            ("failed", if self.failed { "1".to_owned() } else { String::new() }),
            ("name", self.name.clone()),
            ("range", self.range.to_string()),
        ]
    }

    /// The predicate that tests an entry at the time `now`.
    pub fn test(&self, now: Timestamp) -> impl Fn(&Entry) -> bool {
        let (from, until) = match self.range {
            Range::Last(minutes) => {
                let from = now.saturating_sub(SignedDuration::from_mins(minutes));
                (from.unwrap_or(Timestamp::MIN), None)
            }
            Range::Between(from, until) => (from, Some(until)),
        };
        let name = self.name.to_lowercase();
        move |entry| {
            self.kind.is_none_or(|kind| entry.kind == kind)
                && (!self.failed || entry.failed)
                && entry.end() >= from
                && until.is_none_or(|until| entry.time < until)
                && self.slower.is_none_or(|ms| format::millis(entry.duration) > ms)
                && (name.is_empty() || entry.text.to_lowercase().contains(&name))
        }
    }
}
