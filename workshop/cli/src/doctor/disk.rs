//! Room for what cargo builds.

use super::Machine;
use super::report::Finding;
use crate::size::readable;

/// What `cargo workshop prepare` says that it took, and a good half more. In bytes.
const NEEDED: u64 = 3_000_000_000;

pub(super) fn check(machine: &Machine<'_>) -> Finding {
    match fs4::available_space(machine.workspace.root()) {
        Ok(free) => judge(free),
        // Nothing is wrong with a disk that keeps this to itself.
        Err(_) => Finding::fine("disk space", "cannot be told here"),
    }
}

fn judge(free: u64) -> Finding {
    let free_text = readable(free);
    if free >= NEEDED {
        return Finding::fine("disk space", format!("{free_text} free"));
    }
    let found = format!("{free_text} free, but {} may be needed", readable(NEEDED));
    Finding::wrong("disk space", found, "cargo clean, in projects that you do not need now")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_full_disk_is_wrong() {
        assert_eq!(judge(NEEDED).state, State::Fine);
        let full = judge(200_000_000);
        assert_eq!(full.state, State::Wrong);
        assert_eq!(full.found, "0.2 GB free, but 3.0 GB may be needed");
        assert!(full.cure.is_some_and(|cure| cure.starts_with("cargo clean")));
    }
}
