//! Runs the commands of the book and of the READMEs as printed, in the order of the pages.

use std::{
    collections::BTreeMap,
    env, fs,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use harness::{Error, Program, target_beside};
use tests::{root, skip};

use crate::minutes::assert_minutes;

/// Commands that no test can run, with the reason.
const NOT_HERE: [(&str, &str); 11] = [
    ("az ", "needs an Azure subscription"),
    (
        "export APPLICATIONINSIGHTS_CONNECTION_STRING=\"$(az ",
        "needs an Azure subscription; the test uses the stand-in's own line",
    ),
    ("docker ", "needs Docker"),
    ("direnv ", "needs direnv, and changes what its owner allows"),
    ("cargo bench -p cost", "takes a quarter of an hour; CI runs its check"),
    ("cargo test --workspace", "runs this test"),
    ("cargo workshop check", "checks an app that the reader has written"),
    ("curl ", "asks a program in another terminal; experiments.rs sends the same requests"),
    (
        "for i in $(seq 2100); do curl ",
        "asks a program in another terminal; experiments.rs sends the same requests",
    ),
    ("while curl ", "asks a program in another terminal until that program stops"),
    ("pkill ", "could kill a program of that name outside the test"),
];

/// Commands that serve until Ctrl-C, their output once they serve, and the seconds that a reader
/// then waits: until the next export of a step.
const SERVE: [(&str, &str, u64); 11] = [
    ("cargo run -p step-", "Listening on http://", 5),
    ("PORT=8001 OTEL_SERVICE_NAME=verdicts cargo run -p step-", "Listening on http://", 0),
    ("VERDICT_URL=http://127.0.0.1:8001 cargo run -p step-", "Listening on http://", 5),
    ("OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9090/", "Listening on http://", 5),
    ("APPLICATIONINSIGHTS_CONNECTION_STRING= OTEL_EXPORTER", "Listening on http://", 5),
    ("prometheus --config.file=", "Server is ready to receive web requests.", 0),
    ("LISTEN=127.0.0.1 otelcol-contrib ", COLLECTOR_IS_READY, 0),
    ("otelcol-contrib --config=", COLLECTOR_IS_READY, 0),
    ("cargo run -p collector", "Listening on http://", 0),
    ("cargo run -p app-insights", "Listening on http://", 0),
    ("cargo workshop", "Ctrl-C here stops everything", 0),
];

const COLLECTOR_IS_READY: &str = "Everything is ready.";
const SIGTERM: i32 = 15;

/// Programs that a reader installs, each with the variable that has the path for a test.
const INSTALLED: [(&str, &str); 3] =
    [("prometheus", "PROMETHEUS"), ("promtool", "PROMTOOL"), ("otelcol-contrib", "OTELCOL")];

/// Commands that inspect the machine and exit with 1 when they find a problem.
const LOOK: [&str; 1] = ["cargo workshop doctor"];

/// Commands of `cargo workshop` that end by themselves.
const END: [&str; 5] = [
    "cargo workshop exercise 1 --start",
    "cargo workshop book",
    "cargo workshop pack",
    "cargo workshop prepare",
    "cargo workshop rehearse",
];

/// Commands that are refused on purpose.
const REFUSED: [&str; 1] = ["APPLICATIONINSIGHTS_CONNECTION_STRING=garbage cargo run -p step-04"];

/// The lines after `$ ` in the `console` fences of a page.
pub fn commands(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    let mut commands = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line.trim() {
            "```console" => inside = true,
            "```" => inside = false,
            line if inside => {
                let command = line.strip_prefix("$ ");
                let command = command.unwrap_or_else(|| panic!("{}: {line}", page.display()));
                commands.push(command.to_string());
            }
            _ => (),
        }
    }
    commands
}

fn pages() -> Vec<PathBuf> {
    let book = root().join("book/src");
    let summary = fs::read_to_string(book.join("SUMMARY.md")).unwrap();
    let linked = summary.lines().filter_map(|line| line.split_once("](")?.1.split_once(')'));
    let chapters = linked.map(|(page, _)| book.join(page));
    // The page on Azure comes last, because it uses the variable that step 04 has set.
    let azure = root().join("azure").join("README.md");
    [root().join("README.md")].into_iter().chain(chapters).chain([azure]).collect()
}

/// A copy of the repository without build output, for the commands that write files.
fn copy_of_the_repository(to: &Path) {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let (name, target) = (entry.file_name(), to.join(entry.file_name()));
            if [".git", "target", ".env", "corpus", "artifacts"].iter().any(|skip| name == *skip)
                && !entry.path().ends_with("tests/corpus")
            {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                copy(&entry.path(), &target);
            } else {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
    copy(root(), to);
}

#[test]
#[ignore = "builds the workspace again"]
fn every_command_on_a_page_works() {
    let folder = tempfile::tempdir().unwrap();
    copy_of_the_repository(folder.path());
    // The first build takes minutes, which only the page about the preparation states.
    let (success, text) = run(shell(folder.path(), "cargo workshop prepare", false), "prepare");
    assert!(success, "{text}");
    let mut times: BTreeMap<String, Duration> = BTreeMap::new();
    let mut typed = 0;
    // The variables that earlier commands set.
    let mut before = String::new();
    let mut offline = false;
    let installed = install(&folder.path().join("installed"));
    for page in pages() {
        let name = page.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for command in commands(&page) {
            if NOT_HERE.iter().any(|(start, _)| command.starts_with(start)) {
                continue;
            }
            let place = format!("{}: {command}", page.display());
            let needs = |name: &&(&str, &str)| command.split(' ').any(|word| word == name.0);
            if let Some((_, variable)) = INSTALLED.iter().find(needs)
                && env::var_os(variable).is_none()
            {
                skip(format!("{place}: {variable} is not set"));
                continue;
            }
            if command.starts_with("openssl ")
                && Program::new("openssl").arg("version").run().is_err()
            {
                skip(format!("{place}: openssl is not installed"));
                continue;
            }
            let sign = SERVE.iter().find(|(start, ..)| {
                let ends = END.iter().chain(&LOOK).any(|start| command.starts_with(start));
                command.starts_with(start) && !ends
            });
            // The program replaces the shell, so that Ctrl-C ends the program itself.
            let exec = if sign.is_some() { "exec env " } else { "" };
            let shell =
                shell(folder.path(), &format!("{installed}{before}{exec}{command}"), offline);
            let started = Instant::now();
            let mut time = None;
            match sign {
                _ if REFUSED.contains(&command.as_str()) => {
                    let (success, text) = run(shell, &place);
                    assert!(!success && text.contains("error: "), "{place}\n{text}");
                }
                _ if LOOK.iter().any(|start| command.starts_with(start)) => {
                    let (success, text) = run(shell, &place);
                    // Another program may use a port. Before `prepare`, cargo has fetched
                    // only the crates for this system.
                    let known = |line: &str| line.contains(" port ") || line.contains(" crates ");
                    let wrong = |line: &str| line.starts_with("✗ wrong ") && !known(line);
                    assert!(!text.lines().any(wrong), "{place}\n{text}");
                    let end =
                        if success { "Everything necessary is here." } else { "wrong. Type " };
                    assert!(text.contains(end), "{place}\n{text}");
                }
                Some((_, sign, wait)) => {
                    time = Some(serve(shell, sign, &place) + Duration::from_secs(*wait));
                }
                None => {
                    let (success, text) = run(shell, &place);
                    assert!(success, "{place}\n{text}");
                }
            }
            *times.entry(name.clone()).or_default() += time.unwrap_or(started.elapsed());
            // After this command, nothing needs a network.
            offline |= command == "cargo workshop prepare";
            if command.starts_with("export ") || command.starts_with("set -a") {
                before = format!("{before}{command}\n");
            }
            typed += 1;
        }
    }
    assert!(offline, "some page prepares for a class without a network");
    assert!(typed > 15, "only {typed} commands were found");
    assert_minutes(&times);
}

/// A listed command that is on no page is stale.
#[test]
fn every_listed_command_is_on_a_page() {
    let all: Vec<_> = pages().iter().flat_map(|page| commands(page)).collect();
    let lists = NOT_HERE.iter().map(|entry| entry.0).chain(SERVE.iter().map(|entry| entry.0));
    let lists = lists.chain(REFUSED).chain(LOOK).chain(END);
    for start in lists {
        assert!(all.iter().any(|command| command.starts_with(start)), "{start}");
    }
}

/// Enough for a command that builds everything on a slow machine.
const LIMIT: Duration = Duration::from_secs(1800);

/// Puts links to the programs into `folder`, under the names that the pages use. Returns the
/// command that lets a shell find them.
fn install(folder: &Path) -> String {
    fs::create_dir(folder).unwrap();
    for (name, variable) in INSTALLED {
        if let Some(path) = env::var_os(variable) {
            std::os::unix::fs::symlink(path, folder.join(name)).unwrap();
        }
    }
    format!("PATH={}:$PATH\n", folder.display())
}

/// A command for a shell in the copy of the repository, which uses the dependencies already built.
fn shell(folder: &Path, script: &str, offline: bool) -> Program {
    // In a group of its own, Ctrl-C reaches the shell and every program that it started.
    let shell = Program::new("sh").args(["-c", script]).own_group().limit(LIMIT).keep_proxies();
    let target = target_beside(&root().join("target"), "commands").unwrap();
    let shell = shell.current_dir(folder).env("CARGO_TARGET_DIR", target);
    if offline { shell.env("CARGO_NET_OFFLINE", "true") } else { shell }
}

/// Runs a command to its end. Returns whether it succeeded, and its output.
fn run(shell: Program, place: &str) -> (bool, String) {
    let finished = shell.run().unwrap_or_else(|error| panic!("{place}\n{error}"));
    (finished.status.success(), finished.stdout + &finished.stderr)
}

/// Waits for `sign`, presses Ctrl-C, and waits for a clean exit. Returns the time until `sign`.
fn serve(shell: Program, sign: &str, place: &str) -> Duration {
    let started = Instant::now();
    let running = match shell.start_when(sign) {
        Ok(running) => running,
        Err(Error::Ended(finished)) if has_no_port(&finished.stderr) => {
            skip(format!("{place}: another program has the port"));
            return Duration::ZERO;
        }
        Err(error) => panic!("{place}\n{error}"),
    };
    let time = started.elapsed();
    // The real Collector reports that it is ready shortly before it handles signals. Until then,
    // SIGTERM ends the Collector. SIGINT would be lost if a shell started the tests in the background.
    let is_collector = sign == COLLECTOR_IS_READY;
    let finished = if is_collector { running.stop() } else { running.interrupt() };
    let finished = finished.unwrap_or_else(|error| panic!("{place}\n{error}"));
    let at_once = is_collector && finished.status.signal() == Some(SIGTERM);
    assert!(finished.status.success() || at_once, "{place}: Ctrl-C\n{}", finished.stderr);
    time
}

fn has_no_port(stderr: &str) -> bool {
    let stderr = stderr.to_lowercase();
    stderr.contains("address already in use") || stderr.contains("cannot listen on port")
}
