//! Any program can be checked: the check ends, and its hint is one sentence on what to do.

use std::net::TcpListener;

use check::Options;

use crate::programs::{assert_violations, check_example, check_faulty, example, finding};

#[test]
fn a_missing_program_is_an_error() {
    let error = check::check(&Options::new("/nowhere/mine", Some(2)).unwrap()).unwrap_err();
    let text = "there is no program at /nowhere/mine; build it first, or give the path of another";
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_file_that_is_not_a_program_is_not_started() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let report = check::check(&Options::new(file, Some(2)).unwrap()).unwrap();
    assert_violations(&report, &["not_started"]);
}

#[test]
fn an_unknown_step_is_an_error() {
    for step in [0, 8] {
        let options = Options::new(example("faulty"), Some(step)).unwrap();
        let error = check::check(&options).unwrap_err().to_string();
        assert_eq!(error, format!("there is no step {step}; the steps are 1 to 7"));
    }
}

#[test]
fn a_program_that_ends_early_is_quoted() {
    let report = check_faulty("ends", 2);
    assert_violations(&report, &["ended_early"]);
    let seen = &finding(&report, "ended_early").seen;
    assert_eq!(seen, "exit status: 3; its last line: error: the answer is not 42");
}

#[test]
fn a_fixed_port_is_reported() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut options = Options::new(example("faulty"), Some(2)).unwrap();
    options.env = vec![("FAULT".into(), "port".into()), ("FIXED_PORT".into(), port.clone())];
    let report = check::check(&options).unwrap();
    assert_violations(&report, &["port_ignored"]);
    // The port is free now, but a second app beside the first still fails.
    drop(taken);
    let report = check::check(&options).unwrap();
    finding(&report, "port_ignored");
}

#[test]
#[ignore = "waits for timeouts of 10 s"]
fn the_wait_for_a_ready_line_is_bounded() {
    for fault in ["silent", "garbage", "ready-on-stdout"] {
        let report = check_faulty(fault, 2);
        assert_violations(&report, &["no_ready_line"]);
        let hint = &finding(&report, "no_ready_line").hint;
        assert_eq!(hint.contains("stdout belongs to the metrics"), fault == "ready-on-stdout");
    }
}

#[test]
fn a_response_other_than_http_is_reported() {
    assert_violations(&check_faulty("ready-garbage", 2), &["no_answer"]);
}

#[test]
#[ignore = "waits for a timeout of 10 s"]
fn the_wait_for_a_response_is_bounded() {
    assert_violations(&check_faulty("mute", 2), &["no_answer"]);
}

#[test]
#[ignore = "waits for a timeout of 10 s"]
fn a_program_that_hangs_at_the_end_is_killed() {
    let report = check_faulty("hangs", 3);
    let violations: Vec<_> = report.violations().collect();
    assert!(violations.contains(&"hangs_at_stop"), "{}", report.human(false));
}

#[test]
#[ignore = "floods its output"]
fn flooded_output_is_reported() {
    finding(&check_faulty("flood", 3), "output_flood");
}

#[test]
fn the_step_of_a_program_without_telemetry_is_the_first() {
    let report = check_example("faulty", "no-provider", None);
    assert_eq!(report.step, 1);
}
