//! Rust, new enough.

use super::report::Finding;
use super::{LIMIT, Machine};
use crate::ask::{Answer, ask};

/// What <https://rustup.rs> tells to type, or where to click.
const INSTALL: &str = if cfg!(windows) {
    "winget install Rustlang.Rustup"
} else {
    "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
};

pub(super) async fn check(machine: &Machine<'_>) -> (Finding, Finding) {
    let needed = machine.workspace.rust_version().unwrap_or_default();
    tokio::join!(tool(machine, "rustc", &needed), tool(machine, "cargo", &needed))
}

async fn tool(machine: &Machine<'_>, name: &str, needed: &str) -> Finding {
    let Some(path) = machine.find(name) else {
        return Finding::wrong(name, "not in the PATH of this terminal", INSTALL);
    };
    // An old one is mostly the system's own, which rustup cannot update, and which hides rustup's.
    let update = if machine.find("rustup").is_some() { "rustup update stable" } else { INSTALL };
    let said = match ask(machine.run(&path, &["--version"]), LIMIT).await {
        Answer::Said(said) => said,
        Answer::Silent => {
            let found = format!("{} does not answer", path.display());
            return Finding::wrong(name, found, format!("{} --version", path.display()));
        }
        Answer::Refused(why) => return Finding::wrong(name, first_line(&why), update),
        Answer::CannotStart(why) => return Finding::wrong(name, why.to_string(), update),
    };
    let version = said.split_whitespace().nth(1).unwrap_or_default();
    match (numbers(version), numbers(needed)) {
        (Some(have), Some(need)) if have < need => {
            let found = format!("{version} in {}, but {needed} is needed", path.display());
            Finding::wrong(name, found, update)
        }
        (Some(_), _) => Finding::fine(name, version),
        (None, _) => {
            let found = format!("{} says no version but {said:?}", path.display());
            Finding::wrong(name, found, update)
        }
    }
}

pub(super) fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or("it ended without a word")
}

/// The first two numbers of a version. What comes after them only mends.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers_and_no_text() {
        assert!(numbers("1.100.0") > numbers("1.95.0"));
        assert_eq!(numbers("1.97.0-nightly"), numbers("1.97"));
        assert_eq!(numbers("(unknown)"), None);
    }
}
