//! Each fault leads to its finding, and to no other violation.

use check::report::Level;

use crate::programs::{assert_violations, check_example, check_faulty, finding};

#[test]
fn the_app_without_a_fault_passes() {
    assert_violations(&check_faulty("", 3), &[]);
}

#[test]
fn each_fault_has_its_finding() {
    let faults = [
        ("name", "required_metric_not_present"),
        ("unit", "unit_mismatch"),
        ("variant", "undefined_enum_variant"),
        ("attribute", "required_attribute_not_present"),
        ("no-name", "missing_service_name"),
        ("default-buckets", "unsuitable_buckets"),
        ("wrong-port", "nothing_exported"),
        ("no-provider", "nothing_exported"),
        ("wrong-path", "wrong_path"),
        ("console", "wrong_destination"),
        ("no-shutdown", "last_metrics_lost"),
        ("hour", "interval_ignored"),
        ("any-interval", "interval_not_refused"),
        ("secret", "secret_printed"),
    ];
    for (fault, id) in faults {
        assert_violations(&check_faulty(fault, 3), &[id]);
    }
}

#[test]
fn a_layer_that_is_added_twice_counts_twice() {
    let report = check_faulty("layer-twice", 3);
    assert_violations(&report, &["count_mismatch", "count_mismatch"]);
}

#[test]
fn a_series_for_each_name_is_found() {
    let report = check_faulty("unbounded", 3);
    assert_violations(&report, &["undefined_enum_variant", "unbounded_series"]);
    let found = finding(&report, "unbounded_series");
    assert!(found.seen.contains("one of them -> value: "), "{}", found.seen);
}

#[test]
fn delta_is_an_improvement_to_make_and_no_violation() {
    let report = check_faulty("delta", 3);
    assert_violations(&report, &[]);
    assert_eq!(finding(&report, "delta_temporality").level, Level::Improvement);
}

#[test]
fn a_wrong_path_is_quoted() {
    let report = check_faulty("wrong-path", 3);
    assert_eq!(finding(&report, "wrong_path").seen, "POST /, answered 404");
}

#[test]
fn a_misspelled_name_is_quoted() {
    let report = check_faulty("name", 3);
    let found = finding(&report, "required_metric_not_present");
    assert_eq!(found.seen, "-> Name: naughty_or_nice_count");
}

#[test]
fn the_secret_itself_is_not_in_the_report() {
    let report = check_faulty("secret", 3);
    let seen = &finding(&report, "secret_printed").seen;
    assert!(seen.contains("Bearer <secret>"), "{seen}");
}

#[test]
fn an_aborted_request_that_is_not_counted_is_found() {
    let counted = check_example("azure", "", Some(5));
    let violations: Vec<_> = counted.violations().collect();
    assert!(!violations.contains(&"aborted_request_not_counted"), "{}", counted.human(false));
    let lost = check_example("azure", "no-drop", Some(5));
    finding(&lost, "aborted_request_not_counted");
}
