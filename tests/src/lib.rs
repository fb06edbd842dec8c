//! Finds the programs under test. They are built as a user builds them, each with
//! `cargo build -p NAME`: the tests' own needs must not give them features they would not have.

use std::{
    collections::BTreeMap,
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

use harness::Program;

pub mod book;
pub mod browser;
mod session;
mod visitors;

pub use session::{Session, envelopes, greetings, otlp, pointed_at, readable, requests};
pub use visitors::visited;

/// Each step: its number, and its folder below `steps/`.
pub const STEPS: [(u8, &str); 5] = [
    (1, "01-plain-app"),
    (2, "02-console-metrics"),
    (3, "03-collector-export"),
    (4, "04-azure-export"),
    (5, "05-synthetic-latency"),
];

/// The folder that holds the workspace.
///
/// # Panics
/// Never, as long as this crate is a folder in it.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is a folder of the workspace")
}

/// The folder of a step.
pub fn folder(step: u8) -> PathBuf {
    root().join("steps").join(STEPS[usize::from(step) - 1].1)
}

/// A step, ready to be started: on any free port, with the same random numbers each time. Steps
/// 04 and 05 get a connection string that leads nowhere.
pub fn step(number: u8) -> Program {
    let program = Program::step(executable(&format!("step-0{number}")));
    if number < 4 { program } else { azure(program, "127.0.0.1:9") }
}

/// Points a step at an Application Insights stand-in.
#[must_use]
pub fn azure(program: Program, address: impl std::fmt::Display) -> Program {
    let string = format!("InstrumentationKey={KEY};IngestionEndpoint=http://{address}/;");
    program.env("APPLICATIONINSIGHTS_CONNECTION_STRING", string)
}

/// An instrumentation key that must not appear anywhere.
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

/// The binary of a package, built if need be.
///
/// # Panics
/// When it does not build; the compiler's words are on stderr.
pub fn executable(package: &str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut known = BUILT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let build = || {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            // What cargo told this test of its own package would make ring build anew, each time.
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                cargo.env_remove(name);
            }
        }
        let output = cargo
            .args(["build", "--locked", "--message-format=json", "-p", package])
            .current_dir(root())
            .stderr(std::process::Stdio::inherit())
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "cargo build -p {package} failed");
        let messages = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut executables = messages.lines().filter_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            Some(PathBuf::from(message["executable"].as_str()?))
        });
        executables
            .next_back()
            .unwrap_or_else(|| panic!("cargo build -p {package} made no program"))
    };
    known.entry(package.to_string()).or_insert_with(build).clone()
}

/// Compares `text` with the snapshot `name` in the step's own folder, where the book and a
/// learner find it.
pub fn assert_snapshot(step: u8, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder(step).join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Says that a test is left out, and why. Not by `eprintln!`: what a test prints with a macro is
/// shown only when it fails.
pub fn skip(why: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "SKIPPED: {why}");
}

/// Compares `svg` with the picture `name` of the book. `INSTA_UPDATE=always` accepts what is new,
/// as for snapshots.
///
/// # Panics
/// When they differ, or the picture cannot be written.
pub fn assert_figure(name: &str, svg: &str) {
    let path = root().join(format!("book/src/images/{name}.svg"));
    if env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(&path, svg).expect("the picture can be written");
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == svg,
        "book/src/images/{name}.svg is not what is drawn now. Accept it with \
         INSTA_UPDATE=always, and look at it."
    );
}
