//! Finds the programs under test. Each is built as a user builds it, with `cargo build -p NAME`,
//! because the dependencies of the tests must not add features to it.

#![allow(clippy::missing_panics_doc, reason = "a failing test panics")]

use std::{
    collections::BTreeMap,
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use harness::Program;

pub mod book;
pub mod browser;
pub mod lock;
mod logs;
pub mod prometheus;
pub mod real_collector;
mod rule;
mod session;
mod spans;
mod visitors;

pub use logs::{Log, logs};
pub use rule::{form, make_rule, too_slow};
pub use session::{Session, envelopes, greetings, otlp, pointed_at, readable, requests};
pub use spans::{Span, spans};
pub use visitors::{visited, visited_by};

/// Enough to build a package and its dependencies on a slow machine.
const BUILD_LIMIT: Duration = Duration::from_secs(1800);

/// Each step: its number, and its folder below `steps/`.
pub const STEPS: [(u8, &str); 7] = [
    (1, "01-plain-app"),
    (2, "02-console-metrics"),
    (3, "03-collector-export"),
    (4, "04-azure-export"),
    (5, "05-synthetic-latency"),
    (6, "06-traces"),
    (7, "07-logs"),
];

/// The folder that holds the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is a folder of the workspace")
}

/// The folder of a step.
pub fn folder(step: u8) -> PathBuf {
    root().join("steps").join(STEPS[usize::from(step) - 1].1)
}

/// A step that is not running yet: on any free port, with the same random numbers each time. From
/// step 04 on, it gets a connection string for a port without a listener. From step 05 on, it
/// answers its first visitors at once.
pub fn step(number: u8) -> Program {
    let program = Program::step(executable(&format!("step-0{number}")));
    match number {
        4 => azure(program, "127.0.0.1:9"),
        5.. => azure(program, "127.0.0.1:9").env("SEED", seed_without_delay(6).to_string()),
        _ => program,
    }
}

/// A seed with which a step from 05 on answers the first `visitors` without a delay.
pub fn seed_without_delay(visitors: usize) -> u64 {
    let undelayed = |seed: &u64| {
        let mut random = fastrand::Rng::with_seed(*seed);
        (0..visitors).all(|_| {
            let (delay, _verdict) = (random.u64(0..=3), random.bool());
            delay == 0
        })
    };
    (0..100_000).find(undelayed).expect("a seed")
}

/// Points a step at an Application Insights stand-in.
#[must_use]
pub fn azure(program: Program, address: impl std::fmt::Display) -> Program {
    let string = format!("InstrumentationKey={KEY};IngestionEndpoint=http://{address}/;");
    program.env("APPLICATIONINSIGHTS_CONNECTION_STRING", string)
}

/// An instrumentation key that no output may show.
pub const KEY: &str = "5ec3e700-0000-4000-8000-0123456789ab";

/// The Collector stand-in, on any free port.
pub fn collector() -> Program {
    let program = Program::new(executable("collector"));
    program.arg("--listen").arg("127.0.0.1:0").arg("--health").arg("127.0.0.1:0")
}

/// The Application Insights stand-in, on any free port.
pub fn app_insights() -> Program {
    Program::new(executable("app-insights")).arg("--listen").arg("127.0.0.1:0")
}

/// The binary of a package, built if it is not up to date.
pub fn executable(package: &str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    built.entry(package.to_string()).or_insert_with(|| build(package)).clone()
}

fn build(package: &str) -> PathBuf {
    let cargo =
        Program::cargo().args(["build", "--locked", "--message-format=json", "-p", package]);
    let built = cargo.current_dir(root()).limit(BUILD_LIMIT).run().expect("cargo runs");
    assert!(built.status.success(), "cargo build -p {package} failed:\n{}", built.stderr);
    let mut executables = built.stdout.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(PathBuf::from(message["executable"].as_str()?))
    });
    executables.next_back().unwrap_or_else(|| panic!("cargo build -p {package} made no program"))
}

/// Compares `text` with the snapshot `name` in the step's own folder, where the book and a
/// learner find it.
pub fn assert_snapshot(step: u8, name: &str, text: &str) {
    assert_snapshot_in(&folder(step).join("snapshots"), name, text);
}

/// Compares `text` with the snapshot `name` in `folder`.
pub fn assert_snapshot_in(folder: &Path, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Prints that a test is skipped, with the reason. `eprintln!` is no alternative: its output is
/// shown only for tests that fail.
pub fn skip(why: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "SKIPPED: {why}");
}

/// Compares `svg` with the picture `name` of the book.
pub fn assert_figure(name: &str, svg: &str) {
    assert_file(&root().join(format!("book/src/images/{name}.svg")), svg);
}

/// Compares `text` with a file. `INSTA_UPDATE=always` accepts a new text, as for snapshots.
pub fn assert_file(path: &Path, text: &str) {
    if env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(path, text).expect("the file can be written");
    }
    let there = fs::read_to_string(path).unwrap_or_default();
    assert!(
        there == text,
        "{} is out of date. Accept the new content with INSTA_UPDATE=always, and look at it.",
        path.display()
    );
}
