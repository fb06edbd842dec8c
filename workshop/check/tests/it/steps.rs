//! Each step passes its own check, and fails the next one with exactly its findings.

use check::{Report, report::Level};

use crate::programs::{assert_violations, check_step};

#[test]
fn each_step_passes_its_own_check() {
    for step in 1..=4 {
        assert_violations(&check_step(step, Some(step)), &[]);
    }
}

#[test]
fn step_05_passes_its_own_check_and_proves_its_aborts() {
    let report = check_step(5, None);
    assert_eq!(report.step, 5);
    assert_violations(&report, &[]);
    assert_eq!(report.findings().count(), 0, "{}", report.human(false));
}

#[test]
fn steps_06_and_07_pass_their_own_checks_except_for_the_defects_of_the_layer() {
    for step in [6, 7] {
        let report = check_step(step, None);
        assert_eq!(report.step, step);
        assert_violations(&report, &[]);
        let found: Vec<_> = report.findings().map(|finding| (finding.level, finding.id)).collect();
        let defects = ["empty_attribute", "conditionally_required_attribute_not_present"];
        assert_eq!(found, defects.map(|id| (Level::Information, id)), "{}", report.human(false));
    }
}

#[test]
fn the_telemetry_says_how_far_the_app_is() {
    for step in 1..=4 {
        let report = check_step(step, None);
        assert_eq!(report.step, step);
        assert!(report.detected && report.passed, "{}", report.human(false));
    }
}

#[test]
fn step_01_fails_the_check_of_step_02() {
    insta::assert_snapshot!(masked(&check_step(1, Some(2))));
}

#[test]
fn step_02_fails_the_check_of_step_03() {
    insta::assert_snapshot!(masked(&check_step(2, Some(3))));
}

#[test]
fn step_03_fails_the_check_of_step_04() {
    insta::assert_snapshot!(masked(&check_step(3, Some(4))));
}

#[test]
fn step_04_fails_the_check_of_step_05() {
    insta::assert_snapshot!(masked(&check_step(4, Some(5))));
}

#[test]
fn step_05_fails_the_check_of_step_06() {
    insta::assert_snapshot!(masked(&check_step(5, Some(6))));
}

#[test]
fn step_06_fails_the_check_of_step_07() {
    insta::assert_snapshot!(masked(&check_step(6, Some(7))));
}

/// The report for people without its random numbers.
fn masked(report: &Report) -> String {
    let text = report.human(false).to_string();
    let mut out = String::new();
    for line in text.lines() {
        let line = match line.split_once("target/") {
            Some((_, rest)) => format!("target/{rest}"),
            None => line.to_string(),
        };
        let random = [" requests.", "slowest answer"].iter().any(|text| line.contains(text));
        let digits =
            |word: &str| word.chars().all(|c| c.is_ascii_digit() || c == '.') && !word.is_empty();
        let mask =
            |word: &str| if digits(word) { "<number>".to_string() } else { word.to_string() };
        let line =
            if random { line.split(' ').map(mask).collect::<Vec<_>>().join(" ") } else { line };
        out.push_str(&line);
        out.push('\n');
    }
    out
}
