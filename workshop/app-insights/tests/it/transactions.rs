//! The store of transactions and its limits, and the tree of one transaction.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use app_insights::{
    store::{Entry, Limit, Limits, Store},
    transactions::{Note, Tree, What},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::support::items::{self, call, entry, message, noon, request};

/// A store whose clock counts seconds after noon.
fn store(limits: Limits) -> (Store, Arc<AtomicI64>) {
    let clock = Arc::new(AtomicI64::new(0));
    let now = Arc::clone(&clock);
    let now = move || noon() + SignedDuration::from_secs(now.load(Ordering::Relaxed));
    (Store::new(10, limits, now), clock)
}

fn numbered(number: i64) -> Arc<Entry> {
    entry(&request("shop", [&number.to_string(), "", "1"], number, 1, "GET /"))
}

fn operations(store: &Store) -> Vec<String> {
    let found = store.find(usize::MAX, |_| true);
    found.entries.iter().map(|entry| entry.operation.to_string()).collect()
}

#[test]
fn drops_the_oldest_entries_and_counts_them() {
    let (store, _) = store(Limits { entries: 3, ..Limits::default() });
    assert_eq!(store.keep((1..=3).map(numbered)), None);
    let reached = store.keep((4..=5).map(numbered));
    assert_eq!(reached, Some(Limit::Entries(3, Limits::default().entry_bytes)));
    assert!(reached.unwrap().to_string().contains("the oldest are dropped first"));
    assert_eq!(operations(&store), ["5", "4", "3"]);
    let kept = store.kept();
    assert_eq!((kept.entries, kept.dropped), (3, 2));
    // The limit is reported once.
    assert_eq!(store.keep([numbered(6)]), None);
    assert_eq!(store.kept().dropped, 3);
}

#[test]
fn drops_the_oldest_entries_beyond_a_number_of_bytes() {
    let size = numbered(1).size();
    let (store, _) = store(Limits { entry_bytes: size * 3 + 1, ..Limits::default() });
    store.keep((1..=9).map(numbered));
    assert_eq!(operations(&store), ["9", "8", "7"]);
    assert_eq!(store.kept().bytes, size * 3);
    // One entry that takes all the room, and one that does not fit at all.
    let large = |length| entry(&message("shop", ["large", ""], 0, &"x".repeat(length)));
    store.keep([large(size * 2)]);
    assert_eq!(operations(&store), ["large"]);
    store.keep([large(size * 4)]);
    assert_eq!(operations(&store), [""; 0]);
    assert_eq!(store.kept().bytes, 0);
    store.keep([numbered(1)]);
    assert_eq!(operations(&store), ["1"]);
}

#[test]
fn entries_are_kept_for_half_an_hour_after_their_arrival() {
    let (store, clock) = store(Limits::default());
    store.keep([numbered(1)]);
    clock.store(600, Ordering::Relaxed);
    // The entries are older and newer by their own clocks, which do not count.
    store.keep([numbered(-86_400_000), numbered(3_600_000)]);
    clock.store(1800, Ordering::Relaxed);
    assert_eq!(operations(&store).len(), 3);
    clock.store(1801, Ordering::Relaxed);
    assert_eq!(operations(&store), ["3600000", "-86400000"]);
    assert!(store.transaction("1").is_empty());
    clock.store(2401, Ordering::Relaxed);
    let kept = store.kept();
    assert_eq!((kept.entries, kept.bytes, kept.dropped), (0, 0, 0));
}

#[test]
fn finds_the_newest_and_counts_the_others() {
    let (store, _) = store(Limits::default());
    let mut sampled = request("shop", ["sampled", "", "1"], 500, 1, "GET /");
    sampled["sampleRate"] = 25.into();
    store.keep([numbered(2), numbered(9), numbered(4), entry(&sampled)]);
    let found = store.find(2, |_| true);
    assert_eq!(found.entries[0].operation.as_ref(), "sampled");
    assert_eq!(found.entries[1].operation.as_ref(), "9");
    assert_eq!((found.more, found.count), (2, 7));
}

#[test]
fn counts_other_types_by_a_bounded_number_of_names() {
    let (store, _) = store(Limits::default());
    for number in 0..50 {
        store.ignore(&format!("{number:02}Data"));
        store.ignore("00Data");
    }
    let counts: Vec<(String, u64)> =
        store.kept().ignored.iter().map(|(name, count)| (name.to_owned(), count)).collect();
    assert_eq!(counts.len(), 21);
    assert_eq!(counts[0], ("00Data".to_owned(), 51));
    assert_eq!(counts[20], ("of other types".to_owned(), 30));
}

/// Each row: its depth, its text and its problem.
fn tree(items: &[Value]) -> Vec<String> {
    let Some(tree) = Tree::new(items.iter().map(entry).collect()) else {
        return Vec::new();
    };
    let row = |row: &app_insights::transactions::Row| {
        let text = match &row.what {
            What::Entry(entry) => entry.text.to_string(),
            What::Missing(id) => format!("missing {id}"),
        };
        let note = match row.note {
            None => String::new(),
            Some(Note::Circle) => " circle".to_owned(),
            Some(Note::Early(by)) => format!(" early {}", by.as_millis()),
            Some(Note::Late(by)) => format!(" late {}", by.as_millis()),
        };
        format!("{}{text}{note}", "-".repeat(row.depth))
    };
    tree.rows.iter().map(row).collect()
}

#[test]
fn rows_are_below_their_parents_in_the_order_of_time() {
    let items = [
        message("stock", ["t", "3"], 15, "looking"),
        call("shop", ["t", "1", "4"], 70, 20, "render"),
        request("stock", ["t", "2", "3"], 12, 40, "stock"),
        call("shop", ["t", "1", "2"], 10, 50, "ask"),
        message("shop", ["t", "1"], 65, "asked"),
        request("shop", ["t", "", "1"], 0, 100, "visit"),
    ];
    let expected = ["visit", "-ask", "--stock", "---looking", "-asked", "-render"];
    assert_eq!(tree(&items), expected);
    let tree = Tree::new(items.iter().map(entry).collect()).unwrap();
    assert_eq!((tree.start, tree.end), (items::at(0), items::at(100)));
    assert!(Tree::new(Vec::new()).is_none());
}

#[test]
fn a_parent_that_was_not_received_has_a_row() {
    let items = [
        request("shop", ["t", "gone", "1"], 20, 10, "visit"),
        message("shop", ["t", "1"], 21, "inside"),
        message("shop", ["t", "gone"], 5, "before"),
        message("shop", ["t", "lost"], 50, "alone"),
        call("shop", ["t", "", "9"], 30, 1, "root"),
    ];
    let expected =
        ["missing gone", "-before", "-visit", "--inside", "root", "missing lost", "-alone"];
    assert_eq!(tree(&items), expected);
    let tree = Tree::new(items.iter().map(entry).collect()).unwrap();
    assert_eq!((tree.rows[0].start, tree.rows[0].end), (items::at(5), items::at(30)));
}

#[test]
fn cycles_of_parents_are_reported() {
    let own = request("shop", ["t", "1", "1"], 0, 1, "own parent");
    assert_eq!(tree(&[own]), ["own parent circle"]);
    let items = [
        request("shop", ["t", "", "0"], 9, 1, "root"),
        call("shop", ["t", "c", "a"], 3, 1, "a"),
        call("shop", ["t", "a", "b"], 4, 1, "b"),
        call("shop", ["t", "b", "c"], 5, 1, "c"),
        // The earliest entry is not part of the cycle, but below it.
        call("shop", ["t", "b", "d"], 1, 1, "d"),
        message("shop", ["t", "d"], 1, "e"),
    ];
    assert_eq!(tree(&items), ["root", "b circle", "-d early 3", "--e", "-c", "--a"]);
}

#[test]
fn differing_clocks_are_reported() {
    let with_child = |start: i64| {
        tree(&[
            call("shop", ["t", "", "1"], 0, 100, "ask"),
            request("stock", ["t", "1", "2"], start, 50, "stock"),
        ])
        .pop()
        .unwrap()
    };
    assert_eq!(with_child(30), "-stock");
    // Exporters round times.
    assert_eq!(with_child(-2), "-stock");
    assert_eq!(with_child(102), "-stock");
    assert_eq!(with_child(-3_600_000), "-stock early 3600000");
    assert_eq!(with_child(5_100), "-stock late 5000");
}

#[test]
fn spans_with_the_same_id_are_all_shown() {
    // An exporter that sends a batch again, or a sender that violates the schema.
    let visit = request("shop", ["t", "", "1"], 0, 9, "visit");
    let inside = message("shop", ["t", "1"], 1, "inside");
    assert_eq!(tree(&[visit.clone(), inside, visit]), ["visit", "-inside", "visit"]);
}

#[test]
fn every_entry_is_in_the_tree_once() {
    let mut random = fastrand::Rng::with_seed(7);
    for round in 0..300 {
        let ids = random.usize(1..12);
        let mut id = || match random.usize(0..ids + 3) {
            number if number < ids => number.to_string(),
            number if number == ids => String::new(),
            number => format!("missing {number}"),
        };
        let items: Vec<Value> = (0..40)
            .map(|number| {
                let (parent, own) = (id(), id());
                let (name, time) = (number.to_string(), i64::from(number * 7919 % 40));
                match number % 3 {
                    // A request must have an id.
                    0 if !own.is_empty() => request("a", ["t", &parent, &own], time, 5, &name),
                    1 => call("b", ["t", &parent, &own], time, 5, &name),
                    _ => message("c", ["t", &parent], time, &name),
                }
            })
            .collect();
        let tree = Tree::new(items.iter().map(entry).collect()).unwrap();
        let mut names: Vec<usize> =
            tree.entries().map(|entry| entry.text.parse().unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names, (0..40).collect::<Vec<_>>(), "round {round}");
        let mut depth = 0;
        for row in &tree.rows {
            assert!(row.depth <= depth, "round {round}: a row is not below its parent");
            depth = row.depth + 1;
        }
    }
}

#[test]
fn a_long_chain_is_arranged_without_recursion() {
    const LENGTH: usize = 100_000;
    let template = entry(&call("shop", ["t", "", "0"], 0, 1, "call"));
    let chain = (0..LENGTH).map(|number| {
        let parent = number.checked_sub(1).map(|number| number.to_string()).unwrap_or_default();
        Arc::new(Entry {
            id: number.to_string().into(),
            parent: parent.into(),
            time: template.time + SignedDuration::from_micros(i64::try_from(number).unwrap()),
            ..(*template).clone()
        })
    });
    let tree = Tree::new(chain.collect()).unwrap();
    assert_eq!(tree.rows.len(), LENGTH);
    assert_eq!(tree.rows[LENGTH - 1].depth, LENGTH - 1);
}

#[test]
fn the_end_of_a_span_is_within_the_range_of_times() {
    let mut last = (*numbered(1)).clone();
    last.time = Timestamp::MAX;
    assert_eq!(last.end(), Timestamp::MAX);
}
