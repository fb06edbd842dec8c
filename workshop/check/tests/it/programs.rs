//! The programs under test.

use std::path::PathBuf;

use check::{Options, Report};
use harness::Program;

/// A step, built if it is not up to date.
pub fn step(number: u8) -> PathBuf {
    let package = format!("step-0{number}");
    build(&["-p", &package]).join(package)
}

/// An example of this package, built if it is not up to date.
pub fn example(name: &str) -> PathBuf {
    build(&["-p", "check", "--example", name]).join("examples").join(name)
}

/// Builds as a user does, and returns the folder with the programs.
fn build(arguments: &[&str]) -> PathBuf {
    let cargo = Program::cargo().args(["build", "--locked", "--quiet"]).args(arguments);
    let limit = std::time::Duration::from_secs(1800);
    let built =
        cargo.current_dir(env!("CARGO_MANIFEST_DIR")).limit(limit).run().expect("cargo runs");
    assert!(built.status.success(), "cargo build {arguments:?} failed:\n{}", built.stderr);
    // This test is target/debug/deps/it-HASH.
    let test = std::env::current_exe().expect("the test has a path");
    test.ancestors().nth(2).expect("the test is in a folder").to_owned()
}

/// Checks a step.
pub fn check_step(program: u8, step: Option<u8>) -> Report {
    check::check(&Options::new(self::step(program), step).unwrap()).unwrap()
}

/// Checks the app with a fault.
pub fn check_faulty(fault: &str, step: u8) -> Report {
    check_example("faulty", fault, Some(step))
}

/// Checks an example with a fault.
pub fn check_example(name: &str, fault: &str, step: Option<u8>) -> Report {
    let mut options = Options::new(example(name), step).unwrap();
    options.env.push(("FAULT".to_string(), fault.to_string()));
    check::check(&options).unwrap()
}

/// The finding with this id, or the whole report.
#[track_caller]
pub fn finding<'a>(report: &'a Report, id: &str) -> &'a check::report::Finding {
    let found = report.findings().find(|finding| finding.id == id);
    found.unwrap_or_else(|| panic!("no {id} in:\n{}", report.human(false)))
}

/// Asserts that the report has exactly these violations.
#[track_caller]
pub fn assert_violations(report: &Report, expected: &[&str]) {
    let violations: Vec<_> = report.violations().collect();
    assert_eq!(violations, expected, "\n{}", report.human(false));
}
