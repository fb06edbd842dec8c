//! Arranges the entries of one transaction by their parents.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use crate::store::Entry;

/// The tolerance for times, because exporters round times and durations to milliseconds.
const ROUNDING: SignedDuration = SignedDuration::from_millis(2);

/// The entries of a transaction, each below its parent. Every entry occurs exactly once.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The rows from top to bottom.
    pub rows: Vec<Row>,
    /// The earliest start of a row.
    pub start: Timestamp,
    /// The latest end of a row.
    pub end: Timestamp,
}

/// An entry, or a parent that was not received.
#[derive(Clone, Debug)]
pub struct Row {
    /// The number of rows above that are its ancestors.
    pub depth: usize,
    /// The content of the row.
    pub what: What,
    /// The start of the entry, or the earliest start of a child.
    pub start: Timestamp,
    /// The end of the entry, or the latest end of a child.
    pub end: Timestamp,
    /// A problem with the position of the row.
    pub note: Option<Note>,
}

/// The content of a row.
#[derive(Clone, Debug)]
pub enum What {
    /// An entry.
    Entry(Arc<Entry>),
    /// The id of a span that is the parent of the rows below, but was not received. The process of
    /// the parent may send its telemetry elsewhere, or may not have sent the span yet.
    Missing(Box<str>),
}

/// A problem with the position of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// The row is the beginning of a cycle of parents.
    Circle,
    /// The row starts this long before its parent.
    Early(SignedDuration),
    /// The row starts this long after the end of its parent.
    Late(SignedDuration),
}

/// The position of an entry without a received parent.
#[derive(Clone, Copy)]
enum Place {
    Root(usize),
    Group(usize),
}

impl Tree {
    /// Arranges entries; `None` if there are none.
    #[must_use]
    pub fn new(mut entries: Vec<Arc<Entry>>) -> Option<Self> {
        entries.sort_by_key(|entry| (entry.time, Reverse(entry.duration)));
        // If several spans have the same id, the first span has the children.
        let mut spans: HashMap<&str, usize> = HashMap::new();
        for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| !entry.id.is_empty()) {
            spans.entry(&entry.id).or_insert(index);
        }
        let parents: Vec<Option<usize>> =
            entries.iter().map(|entry| spans.get(&*entry.parent).copied()).collect();
        let mut places = Vec::new();
        let mut groups: Vec<(&str, Vec<usize>)> = Vec::new();
        let mut group_of: HashMap<&str, usize> = HashMap::new();
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); entries.len()];
        for (index, entry) in entries.iter().enumerate() {
            match parents[index] {
                Some(parent) => children[parent].push(index),
                None if entry.parent.is_empty() => places.push(Place::Root(index)),
                None => {
                    let group = *group_of.entry(&entry.parent).or_insert(groups.len());
                    if group == groups.len() {
                        groups.push((&entry.parent, Vec::new()));
                        places.push(Place::Group(group));
                    }
                    groups[group].1.push(index);
                }
            }
        }

        let mut builder = Builder {
            entries: &entries,
            parents: &parents,
            children: &children,
            seen: vec![false; entries.len()],
            rows: Vec::new(),
        };
        for place in places {
            match place {
                Place::Root(index) => builder.add(index, 0, None),
                Place::Group(group) => {
                    let (id, members) = &groups[group];
                    builder.missing(id, members);
                    for &index in members {
                        builder.add(index, 1, None);
                    }
                }
            }
        }
        // The remaining entries belong to cycles, or are below cycles.
        for index in 0..entries.len() {
            if !builder.seen[index] {
                builder.add(on_circle(&parents, index), 0, Some(Note::Circle));
            }
        }
        let rows = builder.rows;
        let start = rows.iter().map(|row| row.start).min()?;
        let end = rows.iter().map(|row| row.end).max()?;
        Some(Self { rows, start, end })
    }

    /// All entries.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.rows.iter().filter_map(|row| match &row.what {
            What::Entry(entry) => Some(&**entry),
            What::Missing(_) => None,
        })
    }
}

/// An entry of the cycle above an entry that has no root.
fn on_circle(parents: &[Option<usize>], mut index: usize) -> usize {
    let mut passed = HashSet::new();
    while passed.insert(index)
        && let Some(parent) = parents[index]
    {
        index = parent;
    }
    index
}

struct Builder<'a> {
    entries: &'a [Arc<Entry>],
    parents: &'a [Option<usize>],
    children: &'a [Vec<usize>],
    seen: Vec<bool>,
    rows: Vec<Row>,
}

impl Builder<'_> {
    fn missing(&mut self, id: &str, members: &[usize]) {
        let members = members.iter().map(|index| &self.entries[*index]);
        let start = members.clone().map(|entry| entry.time).min();
        let end = members.map(|entry| entry.end()).max();
        if let (Some(start), Some(end)) = (start, end) {
            let what = What::Missing(id.into());
            self.rows.push(Row { depth: 0, what, start, end, note: None });
        }
    }

    /// Adds an entry and all its descendants, without recursion, because a chain can be long.
    fn add(&mut self, index: usize, depth: usize, note: Option<Note>) {
        let mut waiting = vec![(index, depth, note)];
        while let Some((index, depth, note)) = waiting.pop() {
            if std::mem::replace(&mut self.seen[index], true) {
                continue;
            }
            let entry = &self.entries[index];
            let note = note.or_else(|| clocks(entry, &self.entries[self.parents[index]?]));
            self.rows.push(Row {
                depth,
                what: What::Entry(Arc::clone(entry)),
                start: entry.time,
                end: entry.end(),
                note,
            });
            let below = self.children[index].iter().rev();
            waiting.extend(below.map(|child| (*child, depth + 1, None)));
        }
    }
}

/// Compares the clocks of an entry and its parent.
fn clocks(entry: &Entry, parent: &Entry) -> Option<Note> {
    let early = entry.time.duration_until(parent.time);
    let late = parent.end().duration_until(entry.time);
    if early > ROUNDING {
        Some(Note::Early(early))
    } else if late > ROUNDING {
        Some(Note::Late(late))
    } else {
        None
    }
}
