//! Types the commands of the book and of the READMEs, as printed, each in the order of its page.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};
use tests::{root, skip};

/// Commands that no test can type, and why.
const NOT_HERE: [(&str, &str); 9] = [
    ("az ", "needs an Azure subscription"),
    (
        "export APPLICATIONINSIGHTS_CONNECTION_STRING=\"$(az ",
        "needs an Azure subscription; the stand-in's own line is typed",
    ),
    ("docker ", "needs Docker"),
    ("direnv ", "needs direnv, and changes what its owner allows"),
    ("cargo test --workspace", "is what runs this test"),
    ("curl ", "asks a program in another terminal; experiments.rs asks the same"),
    (
        "for i in $(seq 2100); do curl ",
        "asks a program in another terminal; experiments.rs does too",
    ),
    ("while curl ", "asks a program in another terminal, until that one stops"),
    ("pkill ", "would kill a program of that name that is not the test's"),
];

/// Commands that serve until Ctrl-C, and what they say once they do.
const SERVE: [(&str, &str); 4] = [
    ("cargo run -p step-", "Listening on http://"),
    ("cargo run -p collector", "Listening on http://"),
    ("cargo run -p app-insights", "Listening on http://"),
    ("cargo workshop", "Ctrl-C here stops everything"),
];

/// Commands that look at the machine, and end with 1 when they find something wrong with it.
const LOOK: [&str; 1] = ["cargo workshop doctor"];

/// Commands of `cargo workshop` that come to an end by themselves.
const END: [&str; 4] = [
    "cargo workshop book",
    "cargo workshop pack",
    "cargo workshop prepare",
    "cargo workshop rehearse",
];

/// Commands that the book has refused, on purpose.
const REFUSED: [&str; 1] = ["APPLICATIONINSIGHTS_CONNECTION_STRING=garbage cargo run -p step-04"];

/// The lines after `$ ` in the `console` fences of a page.
fn commands(page: &Path) -> Vec<String> {
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
    // Of Azure last, as it goes on with the variable that step 04 had set.
    let azure = root().join("azure").join("README.md");
    [root().join("README.md")].into_iter().chain(chapters).chain([azure]).collect()
}

/// A copy of the repository without what was built, so that commands which write do no harm.
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
fn every_command_does_what_its_page_says() {
    let folder = tempfile::tempdir().unwrap();
    copy_of_the_repository(folder.path());
    let mut typed = 0;
    // What was typed before and stays: variables.
    let mut before = String::new();
    let mut offline = false;
    for page in pages() {
        for command in commands(&page) {
            if NOT_HERE.iter().any(|(start, _)| command.starts_with(start)) {
                continue;
            }
            let place = format!("{}: {command}", page.display());
            let sign = SERVE.iter().find(|(start, _)| {
                let ends = END.iter().chain(&LOOK).any(|start| command.starts_with(start));
                command.starts_with(start) && !ends
            });
            // In the shell's own place, as its end is what Ctrl-C is to bring about.
            let exec = if sign.is_some() { "exec " } else { "" };
            let shell = type_in(folder.path(), &format!("{before}{exec}{command}"), offline);
            match sign {
                _ if REFUSED.contains(&command.as_str()) => {
                    let (success, text) = shell.wait();
                    assert!(!success && text.contains("error: "), "{place}\n{text}");
                }
                _ if LOOK.iter().any(|start| command.starts_with(start)) => {
                    let (success, text) = shell.wait();
                    // A port that a program beside this test has is its own affair; and before
                    // `prepare`, cargo has fetched the crates of this system alone.
                    let known = |line: &str| line.contains(" port ") || line.contains(" crates ");
                    let wrong = |line: &str| line.starts_with("✗ wrong ") && !known(line);
                    assert!(!text.lines().any(wrong), "{place}\n{text}");
                    let end = if success { "All that is needed is here." } else { "wrong. Type " };
                    assert!(text.contains(end), "{place}\n{text}");
                }
                Some((_, sign)) => shell.serves(sign, &place),
                None => {
                    let (success, text) = shell.wait();
                    assert!(success, "{place}\n{text}");
                }
            }
            // From then on nothing needs a network: that is what the command is for.
            offline |= command == "cargo workshop prepare";
            if command.starts_with("export ") || command.starts_with("set -a") {
                before = format!("{before}{command}\n");
            }
            typed += 1;
        }
    }
    assert!(offline, "some page prepares for a class without a network");
    assert!(typed > 15, "only {typed} commands were found");
}

/// Whatever is listed as impossible is there, or the list is stale.
#[test]
fn the_lists_name_nothing_that_no_page_has() {
    let all: Vec<_> = pages().iter().flat_map(|page| commands(page)).collect();
    let lists = NOT_HERE.iter().chain(&SERVE).map(|entry| entry.0);
    let lists = lists.chain(REFUSED).chain(LOOK).chain(END);
    for start in lists {
        assert!(all.iter().any(|command| command.starts_with(start)), "{start}");
    }
}

/// How long a command may take that builds everything, on a slow machine.
const LIMIT: Duration = Duration::from_secs(1800);

struct Shell {
    child: std::process::Child,
    output: PathBuf,
}

/// Types into a shell of its own, in the copy, with the dependencies that are built already.
fn type_in(folder: &Path, script: &str, offline: bool) -> Shell {
    let output = folder.join("target").join("output.txt");
    fs::create_dir_all(folder.join("target")).unwrap();
    let file = fs::File::create(&output).unwrap();
    let mut command = Command::new("sh");
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "OTEL_", "APPLICATIONINSIGHTS_"]
            .iter()
            .any(|start| text.starts_with(start))
        {
            command.env_remove(name);
        }
    }
    if offline {
        command.env("CARGO_NET_OFFLINE", "true");
    }
    let child = command
        .args(["-c", script])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", root().join("target").join("commands"))
        .stdin(Stdio::null())
        .stdout(file.try_clone().unwrap())
        .stderr(file)
        // A group of its own: Ctrl-C is for the shell and for all that it started.
        .process_group(0)
        .spawn()
        .unwrap();
    Shell { child, output }
}

impl Shell {
    fn text(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.output).unwrap()).into_owned()
    }

    fn wait(mut self) -> (bool, String) {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.success(), self.text());
            }
            if started.elapsed() > LIMIT {
                let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
                panic!("after {LIMIT:?} there is no end:\n{}", self.text());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for `sign`, presses Ctrl-C, and waits for a good end.
    fn serves(mut self, sign: &str, place: &str) {
        let started = Instant::now();
        while !self.text().contains(sign) {
            if let Some(status) = self.child.try_wait().unwrap() {
                let text = self.text();
                if text.contains("Address already in use") || text.contains("cannot listen on port")
                {
                    skip(format!("{place}: somebody else has the port"));
                    return;
                }
                panic!("{place}\n{status}\n{text}");
            }
            assert!(started.elapsed() < LIMIT, "{place}\n{}", self.text());
            thread::sleep(Duration::from_millis(20));
        }
        let group = Pid::from_child(&self.child);
        kill_process_group(group, Signal::INT).unwrap();
        let (success, text) = self.wait();
        assert!(success, "{place}: Ctrl-C\n{text}");
    }
}
