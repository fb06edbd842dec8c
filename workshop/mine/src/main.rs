//! Runs the learner's own app in `mine/`: `cargo run -p mine`.
//!
//! The app is in a workspace of its own, so that the crates that a learner adds do not change the
//! workshop's `Cargo.lock`. With `-p`, cargo finds no package of another workspace, so this package
//! stands in for the app.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, io};

/// Cargo sets these variables for the program that it runs. In the environment of another cargo,
/// they change the fingerprint of crates whose build scripts read them, such as ring, and that
/// cargo rebuilds these crates.
const SET_BY_CARGO: [&str; 2] = ["CARGO_PKG_", "CARGO_MANIFEST_"];

fn main() -> ExitCode {
    // Cargo sets this variable to the current folder of the package. The clone may have been
    // moved since the build.
    let package = env::var("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
    let root = Path::new(&package).ancestors().nth(2).expect("the package is in workshop/mine");
    let manifest = root.join("mine/Cargo.toml");
    if !manifest.is_file() {
        eprintln!("There is no mine/ yet: cargo workshop exercise 1 --start creates it");
        return ExitCode::FAILURE;
    }
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.arg("run").arg("--manifest-path").arg(manifest);
    if env::var_os("CARGO_TARGET_DIR").is_none() {
        cargo.arg("--target-dir").arg(root.join("target"));
    }
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    cargo.arg("--").args(env::args_os().skip(1));
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if SET_BY_CARGO.iter().any(|prefix| text.starts_with(prefix)) {
            cargo.env_remove(&name);
        }
    }
    match run(&mut cargo) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("Cannot run cargo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Replaces this process, so that signals reach the app directly.
#[cfg(unix)]
fn run(cargo: &mut Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    Err(cargo.exec())
}

#[cfg(not(unix))]
fn run(cargo: &mut Command) -> io::Result<ExitCode> {
    let code = cargo.status()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
