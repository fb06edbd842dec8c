//! The files in `prometheus/`, and the steps in front of a real Prometheus.

use std::path::PathBuf;

use harness::Program;
use tests::{prometheus::promtool, root};

fn file(name: &str) -> PathBuf {
    root().join("prometheus").join(name)
}

/// The rules over a slow half hour, which promtool computes without waiting.
#[test]
#[ignore = "needs promtool"]
fn promtool_accepts_the_configuration_and_the_rules() {
    let Some(promtool) = promtool() else { return };
    for args in [["check", "config", "prometheus.yml"], ["test", "rules", "rules_test.yml"]] {
        let finished = Program::new(&promtool).args(args).current_dir(file("")).run().unwrap();
        let text = finished.stdout + &finished.stderr;
        assert!(finished.status.success() && text.contains("SUCCESS"), "{args:?}\n{text}");
    }

    // A limit that the slow half hour does not exceed fails the test of the rules.
    let folder = tempfile::tempdir().unwrap();
    for name in ["rules.yml", "rules_test.yml"] {
        let text = std::fs::read_to_string(file(name)).unwrap().replace("> 1000", "> 1500");
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let test = Program::new(&promtool).args(["test", "rules", "rules_test.yml"]);
    assert!(!test.current_dir(folder.path()).run().unwrap().status.success());
}
