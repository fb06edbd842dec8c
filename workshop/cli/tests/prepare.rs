//! `cargo workshop prepare` and `rehearse` with a cargo that fails. With the real one they are
//! typed by the test of the book's commands, and by `pack.rs`.

mod support;

use std::fs;

use harness::{Finished, Program};
use support::Workshop;

/// The command with a cargo that does `what` when it is told to fetch, build or run.
fn with_cargo(workshop: &Workshop, command: &str, what: &str) -> Program {
    let metadata = format!(r#"{{"target_directory": "{}"}}"#, workshop.path("target").display());
    let script = format!(
        "echo \"$@\" >> {}\nif [ $1 = metadata ]; then echo '{metadata}'; exit; fi\n{what}",
        workshop.path("asked").display()
    );
    let cargo = workshop.program_that("bin/cargo", &script);
    workshop.program(&[command]).env("CARGO", cargo)
}

fn fails(finished: &Finished, why: &[&str]) {
    assert_eq!(finished.status.code(), Some(1), "{}", finished.stderr);
    for part in why {
        assert!(finished.stderr.contains(part), "{part} in {}", finished.stderr);
    }
}

#[test]
fn it_fetches_and_builds_each_program_by_itself() {
    let workshop = Workshop::new();
    fs::create_dir(workshop.path("target")).unwrap();
    let finished = with_cargo(&workshop, "prepare", "exit 0").run().unwrap();
    assert!(finished.status.success(), "{}", finished.stderr);
    let programs = ["step-01", "collector", "app-insights", "workshop"];
    for (index, what) in ["the crates"].iter().chain(&programs).chain(&["the book"]).enumerate() {
        let line = finished.stderr.lines().nth(index).unwrap();
        assert!(line.starts_with(&format!("{} of 6, after ", index + 1)), "{line}");
        assert!(line.ends_with(&format!(" s: {what}")), "{line}");
    }
    let end = "Next: cargo workshop rehearse, to see all of it work.\n";
    assert!(finished.stderr.contains(": the crates, 4 programs and the book ("));
    assert!(finished.stderr.ends_with(end), "{}", finished.stderr);
    assert!(workshop.path("target/book/index.html").is_file());
    // As `cargo run` does, which is what the class will type.
    let asked = workshop.read("asked");
    for program in programs {
        let build = format!("build --locked --offline --package {program}\n");
        assert!(asked.contains(&build), "{asked}");
    }
    assert!(!asked.contains("fetch --locked\n"), "all was there: {asked}");
}

#[test]
fn without_a_network_it_says_where_the_crates_are() {
    let workshop = Workshop::new();
    let cargo = "[ $1 = fetch ] && { echo \"cargo's own words\" >&2; exit 101; }";
    let finished = with_cargo(&workshop, "prepare", cargo).run().unwrap();
    fails(&finished, &["cargo's own words\n", "cargo workshop pack", "stick", "https_proxy"]);
    assert!(workshop.read("asked").ends_with("fetch --locked\n"), "it tried");
}

#[test]
fn a_build_that_fails_says_that_the_rest_stays_done() {
    let workshop = Workshop::new();
    let cargo = "[ $1 = build ] && { echo 'error: no linker' >&2; exit 101; }; exit 0";
    for command in ["prepare", "rehearse"] {
        let finished = with_cargo(&workshop, command, cargo).run().unwrap();
        fails(&finished, &["error: no linker\n", " cannot be built; ", "what is done stays done"]);
    }
    let workshop = Workshop::new();
    workshop.write("book/src/hello.md", "{{#listing step-01/none.rs}}\n");
    fs::create_dir(workshop.path("target")).unwrap();
    let finished = with_cargo(&workshop, "prepare", "exit 0").run().unwrap();
    fails(&finished, &["The book cannot be built: "]);
}

#[test]
fn a_rehearsal_names_who_failed_and_goes_on() {
    let workshop = Workshop::new();
    let cargo = "[ $1 = run ] && { echo 'error: no such crate' >&2; exit 101; }; exit 0";
    let finished = with_cargo(&workshop, "rehearse", cargo).run().unwrap();
    let cure = "Type cargo workshop doctor, then cargo run --offline -p collector";
    fails(&finished, &["3 of 3 did not do what the class will want.", cure]);
    let lines: Vec<_> = finished.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", finished.stdout);
    for (line, name) in lines.iter().zip(["collector", "app-insights", "step-01"]) {
        let why = "it does not start: error: no such crate";
        assert!(line.starts_with(&format!("✗ {name} ")) && line.ends_with(why), "{line}");
    }
}

#[test]
fn a_page_that_is_none_is_a_fault() {
    let workshop = Workshop::new();
    // Whoever listens there is not the step: nobody answers on this port.
    let cargo = "[ $1 = run ] && { echo 'Listening on http://127.0.0.1:9' >&2; exec sleep 600; }";
    let finished = with_cargo(&workshop, "rehearse", &format!("{cargo}; exit 0")).run().unwrap();
    fails(&finished, &["did not do what the class will want"]);
    let line = finished.stdout.lines().next().unwrap();
    assert!(line.starts_with("✗ step-01 "), "{line}");
    assert!(line.contains("it does not answer a request: "), "{line}");
}

#[test]
fn an_interrupted_rehearsal_leaves_nothing_running() {
    let workshop = Workshop::new();
    let pid = workshop.path("pid");
    let cargo =
        format!("[ $1 = run ] && {{ echo $$ > {}; exec sleep 600; }}; exit 0", pid.display());
    let program = with_cargo(&workshop, "rehearse", &format!("{cargo}; exit 0"));
    let running = program.start_when("").unwrap();
    let begun = || fs::read_to_string(&pid).is_ok_and(|text| text.ends_with('\n'));
    let limit = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !begun() {
        assert!(std::time::Instant::now() < limit, "{}", running.stderr());
        std::thread::yield_now();
    }
    let finished = running.stop().unwrap();
    fails(&finished, &["Interrupted: nothing runs any more"]);
    let id: i32 = workshop.read("pid").trim().parse().unwrap();
    let id = rustix::process::Pid::from_raw(id).unwrap();
    // It was killed; whoever inherits it may not have buried it yet.
    while rustix::process::test_kill_process(id).is_ok() {
        let zombie = fs::read_to_string(format!("/proc/{}/stat", id.as_raw_nonzero()));
        if zombie.is_ok_and(|stat| stat.contains(") Z ")) {
            break;
        }
        assert!(std::time::Instant::now() < limit, "it still runs");
        std::thread::yield_now();
    }
}
