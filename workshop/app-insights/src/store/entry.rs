//! The entries of a transaction: its spans, logs, exceptions and events.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;
use thiserror::Error;

/// The base types that the store keeps, with their names on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `RequestData`: a server or consumer span.
    Request,
    /// `RemoteDependencyData`: any other span.
    Dependency,
    /// `MessageData`: a log record or an event of a span.
    Message,
    /// `ExceptionData`.
    Exception,
    /// `EventData`: a custom event.
    Event,
}

/// The text is not the name of a [`Kind`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("The kind must be request, dependency, message, exception or event")]
pub struct UnknownKind;

impl Kind {
    /// All kinds, in the order of the lists on the page.
    pub const ALL: [Self; 5] =
        [Self::Request, Self::Dependency, Self::Message, Self::Exception, Self::Event];

    /// Whether an entry of this kind is a span, which has a duration.
    #[must_use]
    pub fn is_span(self) -> bool {
        matches!(self, Self::Request | Self::Dependency)
    }

    /// `1 request`, `2 dependencies`.
    #[must_use]
    pub fn counted(self, count: usize) -> String {
        match (self, count) {
            (_, 1) => format!("1 {self}"),
            (Self::Dependency, _) => format!("{count} dependencies"),
            _ => format!("{count} {self}s"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Request => "request",
            Self::Dependency => "dependency",
            Self::Message => "message",
            Self::Exception => "exception",
            Self::Event => "event",
        })
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|it| it.to_string() == text).ok_or(UnknownKind)
    }
}

/// One item of a transaction. An empty text means that the item lacks this text.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The kind of the item.
    pub kind: Kind,
    /// The start of a span, or the time of another item, by the sender's clock.
    pub time: Timestamp,
    /// The length of a span; zero for another item.
    pub duration: SignedDuration,
    /// `ai.operation.id`, the trace id.
    pub operation: Box<str>,
    /// `ai.operation.parentId`: the id of the item's parent span.
    pub parent: Box<str>,
    /// The id of a span.
    pub id: Box<str>,
    /// `ai.cloud.role`, the name of the process.
    pub role: Box<str>,
    /// The name of a span or an event, the message of a log, or the type and message of an
    /// exception.
    pub text: Box<str>,
    /// The result code of a span.
    pub code: Box<str>,
    /// Whether this is a failed span or an exception.
    pub failed: bool,
    /// The severity of a log or an exception, from 0 (verbose) to 4 (critical).
    pub severity: Option<u8>,
    /// The number of items that this item represents: Azure's `itemCount`, 100 / `sampleRate`.
    pub count: u32,
    /// The rest of the item's `baseData`, such as its properties, as a JSON object.
    pub details: Box<RawValue>,
}

impl Entry {
    /// The end of a span, or the time of another item.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.time.saturating_add(self.duration).unwrap_or(Timestamp::MAX)
    }

    /// The approximate size of the entry in memory, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        /// The overhead of each text, and of the entry itself, including its place in the queue.
        const OVERHEAD: usize = 8 * 16 + 32;
        let texts = [&self.operation, &self.parent, &self.id, &self.role, &self.text, &self.code];
        let texts: usize = texts.iter().map(|text| text.len()).sum();
        size_of::<Self>() + OVERHEAD + texts + self.details.get().len()
    }
}

/// Counts by name. Names beyond the first [`Tally::MOST`] are counted together, because any sender
/// can choose names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Box<str>, u64>);

impl Tally {
    /// The maximum number of names.
    pub const MOST: usize = 20;
    const OTHERS: &str = "of other types";

    /// Adds one to the count of a name.
    pub fn add(&mut self, name: &str) {
        if let Some(count) = self.0.get_mut(name) {
            *count += 1;
        } else if self.0.len() < Self::MOST {
            self.0.insert(name.into(), 1);
        } else {
            *self.0.entry(Self::OTHERS.into()).or_default() += 1;
        }
    }

    /// The names with their counts, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, count)| (&**name, *count))
    }
}
