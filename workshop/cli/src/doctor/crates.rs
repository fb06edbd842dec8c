//! Checks that cargo has all crates.

use harness::Error;

use super::report::{Finding, State};
use super::{CARGO_LIMIT, Machine, find};

const PREPARE: &str = "cargo workshop prepare";

pub(super) fn check(machine: &Machine<'_>) -> Finding {
    let wrong = |found: &str, fix: &str| Finding::new(State::Wrong, "crates", found, fix);
    let Some(cargo) = find("cargo") else {
        return wrong("cannot be checked without cargo", PREPARE);
    };
    let fetch = ["fetch", "--locked", "--offline", "--quiet"];
    match machine.run(&cargo, &fetch, CARGO_LIMIT) {
        Ok(finished) if finished.status.success() => {
            Finding::fine("crates", "complete: cargo needs no network")
        }
        Ok(finished) if finished.stderr.contains("lock file") => {
            wrong("Cargo.lock does not match a changed Cargo.toml", "cargo update --workspace")
        }
        Ok(_) => wrong(
            "incomplete, and cargo cannot download them without a network",
            &format!("{PREPARE} (needs a network), or use a USB stick"),
        ),
        Err(Error::Timeout { .. }) => {
            wrong("cargo does not answer; another cargo may be running", PREPARE)
        }
        Err(error) => wrong(&error.to_string(), PREPARE),
    }
}
