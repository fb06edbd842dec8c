//! The commands for learners: start, check, exercise, lab and mystery.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use harness::{Finished, Program};
use serde_json::Value;

fn in_copy(folder: &tempfile::TempDir, arguments: &[&str]) -> Finished {
    let root = folder.path().to_str().unwrap();
    workshop(&[arguments, &["--root", root]].concat())
}

fn workshop(arguments: &[&str]) -> Finished {
    Program::new(env!("CARGO_BIN_EXE_workshop")).args(arguments).run().unwrap()
}

/// The program of a package, built if it is not up to date.
fn built(package: &str) -> PathBuf {
    let cargo = Program::cargo().args(["build", "--locked", "--quiet", "-p", package]);
    let built = cargo.current_dir(root()).limit(Duration::from_secs(1800)).run().unwrap();
    assert!(built.status.success(), "{}", built.stderr);
    Path::new(env!("CARGO_BIN_EXE_workshop")).with_file_name(package)
}

/// A folder with the parts of the workshop that make `mine/`.
fn copy() -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            if from.is_dir() {
                copy(&from, &to);
            } else {
                fs::copy(&from, &to).unwrap();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    for part in ["book/src", "steps", "labs", "exercises"] {
        copy(&root().join(part), &folder.path().join(part));
    }
    for file in ["Cargo.toml", "Cargo.lock", "book/book.toml"] {
        fs::copy(root().join(file), folder.path().join(file)).unwrap();
    }
    folder
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

#[test]
fn start_keeps_the_work_of_a_learner() {
    let folder = copy();
    let first = in_copy(&folder, &["start"]);
    assert!(first.status.success(), "{}", first.stderr);
    assert!(first.stdout.contains("cargo run -p mine"), "{}", first.stdout);
    let app = folder.path().join("mine/src/app.rs");
    fs::write(&app, "// my work").unwrap();
    let second = in_copy(&folder, &["start", "3"]);
    assert!(second.status.success(), "{}", second.stderr);
    assert!(second.stdout.contains("mine.old-1"), "{}", second.stdout);
    let kept = folder.path().join("mine.old-1/src/app.rs");
    assert_eq!(fs::read_to_string(kept).unwrap(), "// my work");
}

#[test]
fn exercises_and_labs_are_listed() {
    let folder = copy();
    for (command, name) in [("exercise", "01-write-the-handler"), ("lab", "no-shutdown")] {
        let list = in_copy(&folder, &[command]);
        assert!(list.status.success() && list.stdout.contains(name), "{}", list.stdout);
        let unknown = in_copy(&folder, &[command, "nothing"]);
        assert_eq!(unknown.status.code(), Some(1));
        assert!(unknown.stderr.contains("lists them"), "{}", unknown.stderr);
    }
    let hint = in_copy(&folder, &["exercise", "1", "--hint", "1"]);
    assert!(hint.status.success() && !hint.stdout.trim().is_empty(), "{}", hint.stderr);
}

#[test]
fn a_mystery_is_revealed_on_request() {
    let folder = copy();
    let mystery = in_copy(&folder, &["mystery"]);
    assert!(mystery.status.success(), "{}", mystery.stderr);
    assert!(!mystery.stdout.contains("+++"), "{}", mystery.stdout);
    let revealed = in_copy(&folder, &["mystery", "--reveal"]);
    assert!(revealed.stdout.contains("+++"), "{}", revealed.stdout);
}

#[test]
fn check_without_mine_says_how_to_make_it() {
    let folder = copy();
    let finished = in_copy(&folder, &["check"]);
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.contains("cargo workshop exercise 1 --start"), "{}", finished.stderr);
}

#[test]
fn exit_status_of_check_shows_whether_the_app_passed() {
    let program = built("step-01").display().to_string();
    for (arguments, status) in [
        (vec!["check", "1", "--bin", &program], 0),
        (vec!["check", "2", "--bin", &program], 1),
        (vec!["check", "8", "--bin", &program], 2),
        (vec!["check", "1", "--bin", "/nowhere"], 1),
    ] {
        let finished = workshop(&arguments);
        assert_eq!(finished.status.code(), Some(status), "{arguments:?}: {}", finished.stderr);
    }
}

#[test]
fn check_prints_json() {
    let program = built("step-01").display().to_string();
    let output = workshop(&["check", "2", "--json", "--bin", &program]).stdout;
    let report: Value = serde_json::from_str(&output).unwrap();
    assert_eq!((&report["passed"], &report["step"]), (&Value::Bool(false), &Value::from(2)));
    let checks = report["checks"].as_array().unwrap();
    let findings = checks.iter().flat_map(|check| check["findings"].as_array().unwrap());
    let ids: Vec<_> = findings.map(|finding| finding["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"nothing_exported"), "{ids:?}");
}

#[test]
fn check_accepts_another_registry() {
    let folder = root().join("workshop/check/tests/it/registry");
    let program = built("step-02").display().to_string();
    let arguments = ["check", "2", "--registry", folder.to_str().unwrap(), "--bin", &program];
    let output = workshop(&arguments).stdout;
    assert!(output.contains("✗ visits.of.mine is a gauge, in 1"), "{output}");
    // Only JSON has informational findings when there is a violation.
    assert!(!output.contains("missing_metric"), "{output}");
    let output = workshop(&[&arguments[..], &["--json"]].concat()).stdout;
    assert!(output.contains("missing_metric"), "{output}");
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_stops_the_apps_of_a_check() {
    let arguments = ["build", "--locked", "--quiet", "-p", "check", "--example", "faulty"];
    let cargo = Program::cargo().args(arguments).current_dir(root());
    assert!(cargo.limit(Duration::from_secs(1800)).run().unwrap().status.success());
    let faulty = Path::new(env!("CARGO_BIN_EXE_workshop")).with_file_name("examples/faulty");
    let check = Program::new(env!("CARGO_BIN_EXE_workshop"))
        .args(["check", "3", "--bin", &faulty.display().to_string()])
        .env("FAULT", "hangs");
    let running = check.spawn().unwrap();
    let apps = || children(running.id());
    harness::wait_until("the app runs", || !apps().is_empty()).unwrap();
    let apps = apps();
    let finished = running.interrupt().unwrap();
    assert_eq!(finished.status.code(), Some(130));
    let ended = || apps.iter().all(|app| !Path::new(&format!("/proc/{app}")).exists());
    harness::wait_until("the apps have ended", ended).unwrap();
}

/// The processes that `parent` has started.
#[cfg(target_os = "linux")]
fn children(parent: u32) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let of = |task: fs::DirEntry| fs::read_to_string(task.path().join("children"));
    let lists: Vec<String> = tasks.filter_map(|task| of(task).ok()).collect();
    lists.iter().flat_map(|list| list.split_whitespace()).map(str::to_string).collect()
}
