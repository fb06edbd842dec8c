//! `check.sh`, which runs before anything is built, on machines with fake programs on the path.

use std::fs;
use std::process::Command;

use cli::workspace::RUST_VERSION;
use harness::{Finished, Program};

use crate::workshop::{Workshop, repository, skip};

/// The programs of the system that the script uses.
const TOOLS: [&str; 6] = ["dirname", "mktemp", "rm", "uname", "df", "sh"];

/// A machine with a recent Rust, a linker, and a large disk, on which nothing is built.
struct Machine(Workshop);

impl Machine {
    fn new() -> Self {
        let machine = Self(Workshop::new());
        for file in ["check.sh", "Cargo.toml"] {
            let text = fs::read_to_string(repository().join(file)).unwrap();
            machine.0.write(file, &text);
        }
        for tool in TOOLS {
            let real = which::which(tool).unwrap();
            machine.program(tool, &format!("exec {} \"$@\"", real.display()));
        }
        machine.rust("1.100.0");
        machine.free(50_000);
        machine
    }

    fn program(&self, name: &str, script: &str) {
        self.0.script(&format!("bin/{name}"), script);
    }

    /// `rustc` links, and `cargo` fails for any argument other than the version.
    fn rust(&self, version: &str) {
        self.program(
            "rustc",
            &format!("case $1 in --version) echo 'rustc {version} (abc 2026-01-01)' ;; esac"),
        );
        self.program(
            "cargo",
            &format!("[ \"$1\" = --version ] || exit 101\necho 'cargo {version} (abc 2026-01-01)'"),
        );
    }

    /// Sets the free megabytes on the disk.
    fn free(&self, megabytes: u64) {
        let blocks = megabytes * 1_000_000 / 1024 + 1;
        self.program("df", &format!("echo Filesystem\necho /dev/sda1 300000000 1 {blocks} 90% /"));
    }

    fn without(&self, program: &str) {
        fs::remove_file(self.0.path("bin").join(program)).unwrap();
    }

    fn check(&self) -> Finished {
        Program::new("/bin/sh")
            .arg(self.0.path("check.sh"))
            .env("PATH", self.0.path("bin"))
            .env("HOME", self.0.path("home"))
            .env_remove("CARGO_TARGET_DIR")
            .run()
            .unwrap()
    }

    /// The output of a check that finds a problem.
    fn problem(&self) -> String {
        let finished = self.check();
        assert_eq!(finished.status.code(), Some(1), "{}", finished.stdout);
        assert_eq!(finished.stderr, "");
        assert!(!finished.stdout.contains("Next: "), "{}", finished.stdout);
        finished.stdout
    }

    fn is_ready(&self) {
        let Finished { stdout, stderr, status, .. } = self.check();
        assert!(status.success(), "{stdout}{stderr}");
        assert!(stdout.ends_with("Ready to build. Next: cargo workshop prepare\n"), "{stdout}");
        assert_eq!(stderr, "");
    }
}

fn assert_contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
}

#[test]
fn a_machine_that_is_ready() {
    Machine::new().is_ready();
}

#[test]
fn without_rust_the_check_names_installers() {
    let machine = Machine::new();
    machine.without("rustc");
    machine.without("cargo");
    let text = machine.problem();
    let fixes = ["https://sh.rustup.rs", "in the folder installers of the USB stick"];
    assert_contains(&text, &["WRONG   rustc       not installed\n", "WRONG   cargo "]);
    assert_contains(&text, &fixes);
    // There is no cc either: the check finds both problems at once.
    assert_contains(&text, &["WRONG   linker      there is no cc\n"]);
    machine.program("cc", "");
    assert!(!machine.problem().contains("linker"));
}

#[test]
fn rust_outside_the_path_is_found() {
    let machine = Machine::new();
    machine.without("rustc");
    machine.0.script("home/.cargo/bin/rustc", "");
    let text = machine.problem();
    assert_contains(&text, &["this terminal does not find it", "fix: . \"$HOME/.cargo/env\""]);
}

#[test]
fn an_old_rust_is_updated() {
    let machine = Machine::new();
    for old in ["1.65.0", "1.90.0", "1.94.9-nightly", "0.99.0"] {
        machine.rust(old);
        machine.program("rustup", "");
        let text = machine.problem();
        assert_contains(&text, &[&format!("but {RUST_VERSION} is needed"), "fix: rustup update\n"]);
        // A package of the system.
        machine.without("rustup");
        assert_contains(&machine.problem(), &["https://sh.rustup.rs"]);
    }
    for new in [format!("{RUST_VERSION}.0"), "1.96.0-nightly".to_owned(), "2.0.0".to_owned()] {
        machine.rust(&new);
        machine.is_ready();
    }
}

#[test]
fn a_rustup_without_a_toolchain_gets_one() {
    let machine = Machine::new();
    machine.program("rustc", "echo 'error: no default is configured' >&2; exit 1");
    let text = machine.problem();
    assert_contains(&text, &["error: no default is configured", "fix: rustup default stable\n"]);
}

/// Uses the real Rust, which looks for `cc` on the path.
#[cfg(target_os = "linux")]
#[test]
fn a_missing_linker_is_found() {
    let machine = Machine::new();
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap().stdout;
    let rustc = format!("{}/bin/rustc", String::from_utf8(sysroot).unwrap().trim());
    machine.program("rustc", &format!("exec {rustc} \"$@\""));
    let text = machine.problem();
    assert_contains(&text, &["linker `cc` not found", "fix: sudo apt install gcc"]);
    // A cc that exists but fails, as on a Mac without Xcode's tools.
    machine.program("cc", "echo 'xcrun: error: invalid active developer path' >&2; exit 1");
    assert_contains(&machine.problem(), &["WRONG   linker "]);
}

#[test]
fn the_space_that_is_needed_depends_on_what_is_built() {
    let machine = Machine::new();
    let needed = "500 MB free, but up to 4000 MB are needed";
    machine.free(500);
    assert_contains(&machine.problem(), &["WRONG   disk space", needed]);
    machine.free(1800);
    machine.problem();
    for program in ["collector", "app-insights", "workshop", "step-01"] {
        machine.0.write(&format!("target/debug/{program}"), "");
    }
    machine.is_ready();
    machine.free(499);
    assert_contains(&machine.problem(), &["but up to 500 MB are needed"]);
    machine.program("df", "exit 1");
    machine.is_ready();
}

#[test]
fn the_script_is_portable() {
    match Command::new("shellcheck").arg(repository().join("check.sh")).output() {
        Ok(done) => assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout)),
        Err(_) => skip("shellcheck is not installed"),
    }
}
