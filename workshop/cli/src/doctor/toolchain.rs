//! Checks that Rust is new enough.

use harness::Error;

use super::report::{Finding, State};
use super::{LIMIT, Machine, find};
use crate::workspace::RUST_VERSION;

/// The command of <https://rustup.rs>.
const INSTALL: &str = if cfg!(windows) {
    "winget install Rustlang.Rustup"
} else {
    "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
};

/// Checks `rustc` or `cargo`.
pub(super) fn check(machine: &Machine<'_>, name: &str) -> Finding {
    let Some(path) = find(name) else {
        return Finding::new(State::Wrong, name, "not in the PATH of this terminal", INSTALL);
    };
    // Without rustup, Rust is a package of the system, which `rustup update` cannot update.
    let update = if find("rustup").is_some() { "rustup update stable" } else { INSTALL };
    let wrong = |found: String| Finding::new(State::Wrong, name, found, update);
    let path_text = path.display();
    let output = match machine.run(&path, &["--version"], LIMIT) {
        Ok(finished) if finished.status.success() => finished.stdout,
        Ok(finished) => {
            let error = finished.stderr.lines().next().unwrap_or("it fails without an error");
            return wrong(error.to_owned());
        }
        Err(Error::Timeout { .. }) => {
            let found = format!("{path_text} does not answer");
            return Finding::new(State::Wrong, name, found, format!("{path_text} --version"));
        }
        Err(error) => return wrong(error.to_string()),
    };
    let version = output.split_whitespace().nth(1).unwrap_or_default();
    match (numbers(version), numbers(RUST_VERSION)) {
        (Some(have), Some(need)) if have < need => {
            wrong(format!("{version} in {path_text}, but {RUST_VERSION} is needed"))
        }
        (Some(_), _) => Finding::fine(name, version),
        (None, _) => wrong(format!("{path_text} prints no version, but {:?}", output.trim())),
    }
}

/// The first two numbers of a version. A patch release adds no features.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(numbers("1.100.0") > numbers("1.95.0"));
        assert_eq!(numbers("1.97.0-nightly"), numbers("1.97"));
        assert_eq!(numbers("(unknown)"), None);
    }
}
