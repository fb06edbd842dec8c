//! The command.

use harness::Program;

use crate::programs::{example, step};

fn check(arguments: &[&str]) -> harness::Finished {
    Program::new(env!("CARGO_BIN_EXE_check")).args(arguments).run().unwrap()
}

#[test]
fn the_exit_status_says_whether_the_app_passed() {
    let program = step(1).display().to_string();
    for (arguments, status) in [
        (vec!["1", "--bin", &program], 0),
        (vec!["2", "--bin", &program], 1),
        (vec!["6", "--bin", &program], 2),
        (vec!["1", "--bin", "/nowhere"], 2),
    ] {
        assert_eq!(check(&arguments).status.code(), Some(status), "{arguments:?}");
    }
}

#[test]
fn json_has_all_findings() {
    let program = step(1).display().to_string();
    let output = check(&["2", "--json", "--bin", &program]).stdout;
    let report: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(report["passed"], false);
    assert_eq!(report["step"], 2);
    let checks = report["checks"].as_array().unwrap();
    let findings = checks.iter().flat_map(|check| check["findings"].as_array().unwrap());
    let ids: Vec<_> = findings.map(|finding| finding["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"nothing_exported"), "{ids:?}");
}

#[test]
fn a_registry_of_ones_own_replaces_that_of_the_workshop() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/registry");
    let program = step(2).display().to_string();
    let output = check(&["2", "--registry", folder, "--bin", &program]).stdout;
    assert!(output.contains("✗ visits.of.mine is a gauge, in 1"), "{output}");
    assert!(output.contains("missing_metric"), "{output}");
}

#[test]
fn a_signal_ends_the_app_as_well() {
    let program = Program::new(env!("CARGO_BIN_EXE_check"))
        .args(["3", "--bin", &example("faulty").display().to_string()])
        .env("FAULT", "hangs");
    let running = program.spawn().unwrap();
    let group = || children(running.id());
    harness::wait_until("the app runs", || !group().is_empty()).unwrap();
    let apps = group();
    let finished = running.interrupt().unwrap();
    assert_eq!(finished.status.code(), Some(130));
    let ended = || apps.iter().all(|app| !std::path::Path::new(&format!("/proc/{app}")).exists());
    harness::wait_until("the apps have ended", ended).unwrap();
}

/// The processes that `parent` has started.
fn children(parent: u32) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let of = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("children"));
    let lists: Vec<String> = tasks.filter_map(|task| of(task).ok()).collect();
    lists.iter().flat_map(|list| list.split_whitespace()).map(str::to_string).collect()
}
