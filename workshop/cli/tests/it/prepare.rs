//! `cargo workshop prepare` and `rehearse` with a fake cargo. `pack.rs`, and the test of the book's
//! commands, run both with the real one.

use std::fs;

use crate::workshop::Workshop;
use harness::{Finished, Program, wait_until};

/// The command with a cargo that runs `script` for `fetch`, `build` and `run`.
fn with_cargo(workshop: &Workshop, command: &str, script: &str) -> Program {
    let metadata = format!(r#"{{"target_directory": "{}"}}"#, workshop.path("target").display());
    let script = format!(
        "echo \"$@\" >> {}\nif [ $1 = metadata ]; then echo '{metadata}'; exit; fi\n{script}",
        workshop.path("asked").display()
    );
    let cargo = workshop.script("bin/cargo", &script);
    workshop.program(&[command]).env("CARGO", cargo)
}

fn assert_fails(finished: &Finished, messages: &[&str]) {
    assert_eq!(finished.status.code(), Some(1), "{}", finished.stderr);
    for part in messages {
        assert!(finished.stderr.contains(part), "{part} in {}", finished.stderr);
    }
}

#[test]
fn prepare_builds_each_program_by_itself() {
    let workshop = Workshop::new();
    fs::create_dir(workshop.path("target")).unwrap();
    let finished = with_cargo(&workshop, "prepare", "exit 0").run().unwrap();
    assert!(finished.status.success(), "{}", finished.stderr);
    let programs = ["step-01", "collector", "app-insights", "cli"];
    for (index, what) in ["the crates"].iter().chain(&programs).chain(&["the book"]).enumerate() {
        let line = finished.stderr.lines().nth(index).unwrap();
        assert!(line.starts_with(&format!("{} of 6, after ", index + 1)), "{line}");
        assert!(line.ends_with(&format!(" s: {what}")), "{line}");
    }
    let end = "Next: cargo workshop rehearse, which runs every program once.\n";
    assert!(finished.stderr.contains(": the crates, 4 programs and the book ("));
    assert!(finished.stderr.ends_with(end), "{}", finished.stderr);
    assert!(workshop.path("target/book/index.html").is_file());
    // As `cargo run` does.
    let asked = workshop.read("asked");
    for program in programs {
        let build = format!("build --locked --offline --package {program}\n");
        assert!(asked.contains(&build), "{asked}");
    }
    assert!(!asked.contains("fetch --locked\n"), "nothing was missing: {asked}");
}

#[test]
fn missing_crates_without_a_network_are_an_error_with_a_fix() {
    let workshop = Workshop::new();
    let cargo = "[ $1 = fetch ] && { echo \"cargo's own error\" >&2; exit 101; }";
    let finished = with_cargo(&workshop, "prepare", cargo).run().unwrap();
    assert_fails(
        &finished,
        &["cargo's own error\n", "cargo workshop pack", "stick", "https_proxy"],
    );
    assert!(workshop.read("asked").ends_with("fetch --locked\n"), "it tried");
}

#[test]
fn a_failed_build_is_an_error_with_a_fix() {
    let workshop = Workshop::new();
    let cargo = "[ $1 = build ] && { echo 'error: no linker' >&2; exit 101; }; exit 0";
    for command in ["prepare", "rehearse"] {
        let finished = with_cargo(&workshop, command, cargo).run().unwrap();
        assert_fails(
            &finished,
            &["error: no linker\n", " cannot be built; ", "finished builds are kept"],
        );
    }
    let workshop = Workshop::new();
    workshop.write("book/src/hello.md", "{{#listing step-01/none.rs}}\n");
    fs::create_dir(workshop.path("target")).unwrap();
    let finished = with_cargo(&workshop, "prepare", "exit 0").run().unwrap();
    assert_fails(&finished, &["The book cannot be built: "]);
}

#[test]
fn a_rehearsal_continues_after_a_failure() {
    let workshop = Workshop::new();
    let cargo = "[ $1 = run ] && { echo 'error: no such crate' >&2; exit 101; }; exit 0";
    let finished = with_cargo(&workshop, "rehearse", cargo).run().unwrap();
    let cure = "Run cargo workshop doctor, then cargo run --offline -p collector";
    assert_fails(&finished, &["3 of 3 programs failed.", cure]);
    let lines: Vec<_> = finished.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", finished.stdout);
    for (line, name) in lines.iter().zip(["collector", "app-insights", "step-01"]) {
        let error = "it does not start: error: no such crate";
        assert!(line.starts_with(&format!("✗ {name} ")) && line.ends_with(error), "{line}");
    }
}

#[test]
fn a_step_without_a_response_fails() {
    let workshop = Workshop::new();
    // No program listens on this port.
    let cargo = "[ $1 = run ] && { echo 'Listening on http://127.0.0.1:9' >&2; exec sleep 600; }";
    let finished = with_cargo(&workshop, "rehearse", &format!("{cargo}; exit 0")).run().unwrap();
    assert_fails(&finished, &["of 3 programs failed."]);
    let line = finished.stdout.lines().next().unwrap();
    assert!(line.starts_with("✗ step-01 "), "{line}");
    assert!(line.contains("it does not answer a request: "), "{line}");
}

#[test]
fn an_interrupted_rehearsal_stops_its_programs() {
    let workshop = Workshop::new();
    let pid = workshop.path("pid");
    let cargo =
        format!("[ $1 = run ] && {{ echo $$ > {}; exec sleep 600; }}; exit 0", pid.display());
    let program = with_cargo(&workshop, "rehearse", &format!("{cargo}; exit 0"));
    let running = program.spawn().unwrap();
    let started = || fs::read_to_string(&pid).is_ok_and(|text| text.ends_with('\n'));
    wait_until("the start of a program", started).unwrap();
    let finished = running.stop().unwrap();
    assert_fails(&finished, &["Interrupted: all programs were stopped"]);
    let id: i32 = workshop.read("pid").trim().parse().unwrap();
    let id = rustix::process::Pid::from_raw(id).unwrap();
    let is_gone = || rustix::process::test_kill_process(id).is_err();
    wait_until("the end of the program", is_gone).unwrap();
}
