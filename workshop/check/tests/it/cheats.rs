//! A program cannot pass by pretending.

use crate::programs::{assert_violations, check_faulty, finding};

#[test]
fn metrics_that_are_printed_by_hand_are_caught() {
    let report = check_faulty("console,by-hand", 2);
    let found = finding(&report, "count_mismatch");
    assert_eq!(found.seen, "40 in all series together");
    assert!(found.hint.contains("made up"), "{}", found.hint);
}

#[test]
fn constant_values_are_caught() {
    let report = check_faulty("constant", 3);
    let found = finding(&report, "constant_value");
    assert!(found.seen.starts_with("Min: 0.00001, Max: 0.00001, Count: "), "{}", found.seen);
}

#[test]
fn a_counter_that_is_incremented_twice_a_visit_is_caught() {
    let report = check_faulty("twice", 3);
    assert_violations(&report, &["count_mismatch"]);
    assert!(finding(&report, "count_mismatch").hint.contains("Count once"));
}
