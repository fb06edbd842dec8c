//! Keeps the entries of transactions for a while, in bounded memory.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use super::{Entry, Kind, Limit, Store, Tally};

/// The time for which an entry is kept after its arrival. This limit is the stand-in's own.
pub const KEPT: SignedDuration = SignedDuration::from_mins(30);

/// The entries that are kept, and counts.
#[derive(Default)]
pub(super) struct Queue {
    /// The entries with their times of arrival, the oldest first.
    entries: VecDeque<(Timestamp, Arc<Entry>)>,
    bytes: usize,
    dropped: u64,
    ignored: Tally,
}

/// The size of the store of transactions, and counts of the items that it lacks.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Entries held now.
    pub entries: usize,
    /// The estimated size of these entries, in bytes.
    pub bytes: usize,
    /// Entries that were dropped early because of a limit.
    pub dropped: u64,
    /// Items that no screen shows, by their base type.
    pub ignored: Tally,
}

/// Some entries.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The newest entries, the newest first.
    pub entries: Vec<Arc<Entry>>,
    /// The number of other entries.
    pub more: usize,
    /// The number of items that all entries represent, according to their sampling rates.
    pub count: u64,
}

impl Store {
    /// Keeps entries, and drops the oldest ones beyond the limits. Returns the limit if it is
    /// reached for the first time.
    pub fn keep(&self, entries: impl IntoIterator<Item = Arc<Entry>>) -> Option<Limit> {
        let now = self.now();
        let mut queue = self.queue();
        queue.expire(now);
        let before = queue.dropped;
        for entry in entries {
            queue.bytes += entry.size();
            queue.entries.push_back((now, entry));
            while queue.entries.len() > self.limits.entries || queue.bytes > self.limits.entry_bytes
            {
                queue.pop();
                queue.dropped += 1;
            }
        }
        let reached = before == 0 && queue.dropped > 0;
        reached.then_some(Limit::Entries(self.limits.entries, self.limits.entry_bytes))
    }

    /// Counts an item that no screen shows.
    pub fn ignore(&self, base_type: &str) {
        self.queue().ignored.add(base_type);
    }

    /// The entries that match: the newest `most` entries by their own time.
    pub fn find(&self, most: usize, matches: impl Fn(&Entry) -> bool) -> Found {
        let mut entries: Vec<Arc<Entry>> = {
            let queue = self.current();
            let all = queue.entries.iter().map(|(_, entry)| entry);
            all.filter(|entry| matches(entry)).cloned().collect()
        };
        // If several entries have the same time, the one that arrived last comes first.
        entries.reverse();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.time));
        let count = entries.iter().map(|entry| u64::from(entry.count)).sum();
        let more = entries.len().saturating_sub(most);
        entries.truncate(most);
        Found { entries, more, count }
    }

    /// All entries of a transaction, in the order of their arrival.
    #[must_use]
    pub fn transaction(&self, operation: &str) -> Vec<Arc<Entry>> {
        let queue = self.current();
        let all = queue.entries.iter().map(|(_, entry)| entry);
        all.filter(|entry| &*entry.operation == operation).cloned().collect()
    }

    /// The size of the store of transactions, and counts of the items that it lacks.
    #[must_use]
    pub fn kept(&self) -> Kept {
        let queue = self.current();
        Kept {
            entries: queue.entries.len(),
            bytes: queue.bytes,
            dropped: queue.dropped,
            ignored: queue.ignored.clone(),
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // After a panic while the lock is held, the size is off by at most one entry.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The queue, after the removal of entries that are too old.
    fn current(&self) -> MutexGuard<'_, Queue> {
        let now = self.now();
        let mut queue = self.queue();
        queue.expire(now);
        queue
    }
}

impl Queue {
    fn expire(&mut self, now: Timestamp) {
        let oldest = now.saturating_sub(KEPT).unwrap_or(Timestamp::MIN);
        while self.entries.front().is_some_and(|(arrived, _)| *arrived < oldest) {
            self.pop();
        }
    }

    fn pop(&mut self) {
        if let Some((_, entry)) = self.entries.pop_front() {
            self.bytes = self.bytes.saturating_sub(entry.size());
        }
    }
}

/// The number of entries of each kind that occurs.
pub fn by_kind<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> BTreeMap<Kind, usize> {
    let mut counts = BTreeMap::new();
    for entry in entries {
        *counts.entry(entry.kind).or_default() += 1;
    }
    counts
}
