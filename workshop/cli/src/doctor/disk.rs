//! Checks the free disk space.

use super::Machine;
use super::report::{Finding, State};
use crate::files::gigabytes;

/// Half as much again as `cargo workshop prepare` needs, in bytes.
const NEEDED: u64 = 3_000_000_000;

pub(super) fn check(machine: &Machine<'_>) -> Finding {
    match fs4::available_space(machine.workspace.root()) {
        Ok(free) => judge(free),
        // Some file systems do not report it, which is no problem.
        Err(_) => Finding::fine("disk space", "unknown"),
    }
}

fn judge(free: u64) -> Finding {
    let free_text = gigabytes(free);
    if free >= NEEDED {
        return Finding::fine("disk space", format!("{free_text} free"));
    }
    let found = format!("{free_text} free, but up to {} are needed", gigabytes(NEEDED));
    let fix = "cargo clean, in projects that you do not need now";
    Finding::new(State::Wrong, "disk space", found, fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_wrong() {
        assert_eq!(judge(NEEDED).state, State::Fine);
        let full = judge(200_000_000);
        assert_eq!(full.state, State::Wrong);
        assert_eq!(full.found, "0.2 GB free, but up to 3.0 GB are needed");
        assert!(full.fix.is_some_and(|fix| fix.starts_with("cargo clean")));
    }
}
