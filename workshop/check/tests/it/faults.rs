//! Each fault leads to its finding, and to no other violation.

use check::report::Level;

use crate::programs::{assert_violations, check_example, check_faulty, finding};

#[test]
fn the_app_without_a_fault_passes() {
    assert_violations(&check_faulty("", 3), &[]);
}

/// A test for each fault, so that they run at the same time: the step to compare with, the fault,
/// its finding, and a part of the line that the finding quotes.
macro_rules! faults {
    ($step:literal; $($test:ident: $fault:literal => $id:literal, $seen:literal;)*) => {
        $(
            #[test]
            fn $test() {
                let report = check_faulty($fault, $step);
                assert_violations(&report, &[$id]);
                let seen = &finding(&report, $id).seen;
                assert!(seen.contains($seen), "{seen}");
            }
        )*
    };
}

faults! {
    3;
    wrong_name: "name" => "required_metric_not_present", "-> Name: naughty_or_nice_count";
    wrong_unit: "unit" => "unit_mismatch", "-> Unit: verdicts";
    wrong_value: "variant" => "undefined_enum_variant", "-> value: Nice";
    no_attribute: "attribute" => "required_attribute_not_present", "no attributes";
    no_service_name: "no-name" => "missing_service_name", "service.name: unknown_service";
    buckets_for_milliseconds: "default-buckets" => "unsuitable_buckets", "[5.0, 10.0, 25.0]";
    nothing_listens: "wrong-port" => "nothing_exported", "telemetry data will be lost";
    no_provider: "no-provider" => "nothing_exported", "no error on stderr";
    wrong_path: "wrong-path" => "wrong_path", "POST /, answered 404";
    still_the_console: "console" => "wrong_destination", "metrics on stdout";
    no_shutdown: "no-shutdown" => "last_metrics_lost", "0, when the app had ended";
    fixed_interval: "hour" => "interval_ignored", "no export until the app was stopped";
    any_interval: "any-interval" => "interval_not_refused", "the app serves";
    panic_on_a_thread: "panic" => "panic", "there is no reactor running";
    printed_secret: "secret" => "secret_printed", "Bearer <secret>";
}

#[test]
fn the_pages_without_a_fault_pass() {
    assert_violations(&check_faulty("", 1), &[]);
}

faults! {
    1;
    plain_text: "text" => "unexpected_page", "as text/plain";
    other_sentence: "sentence" => "unexpected_page", "you have been very good";
    unescaped_name: "unescaped" => "unescaped_name", "<i>";
    one_verdict_for_all: "one-verdict" => "constant_verdict", "the same verdict for all";
    control_character_on_a_page: "control" => "invalid_name_served", "200";
    icon_that_is_a_name: "icon" => "icon_served", "307";
    no_redirect: "no-redirect" => "no_redirect", "404";
    redirect_to_itself: "to-itself" => "no_redirect", "307, to /";
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
fn delta_is_an_improvement_and_not_a_violation() {
    let report = check_faulty("delta", 3);
    assert_violations(&report, &[]);
    assert_eq!(finding(&report, "delta_temporality").level, Level::Improvement);
}

#[test]
fn an_aborted_request_that_is_not_counted_is_found() {
    let counted = check_example("azure", "", Some(5));
    let violations: Vec<_> = counted.violations().collect();
    assert!(!violations.contains(&"aborted_request_not_counted"), "{}", counted.human(false));
    let lost = check_example("azure", "no-drop", Some(5));
    finding(&lost, "aborted_request_not_counted");
    let other = check_example("azure", "other-type", Some(5));
    assert_eq!(finding(&other, "unexpected_error_type").seen, "`error.type` = `timeout`");
}
