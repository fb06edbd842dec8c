//! Checks the free disk space.

use super::Machine;
use super::report::{Finding, State};
use crate::files::size;

/// A little more than `cargo workshop prepare` needs, in bytes. `check.sh` and `check.ps1` have the
/// same numbers, and `tests/book/costs.rs` compares all of them with the measured size.
const TO_BUILD: u64 = 4_000_000_000;
/// The bytes for the learner's own app, when everything else is built.
const WHEN_BUILT: u64 = 500_000_000;

pub(super) fn check(machine: &Machine<'_>, is_built: bool) -> Finding {
    match fs4::available_space(machine.workspace.root()) {
        Ok(free) => judge(free, is_built),
        // Some file systems do not report their free space, which is not an error.
        Err(_) => Finding::fine("disk space", "unknown"),
    }
}

fn judge(free: u64, is_built: bool) -> Finding {
    let needed = if is_built { WHEN_BUILT } else { TO_BUILD };
    let free_text = size(free);
    if free >= needed {
        return Finding::fine("disk space", format!("{free_text} free"));
    }
    let found = format!("{free_text} free, but up to {} are needed", size(needed));
    let fix = "cargo clean, in projects that you do not need now";
    Finding::new(State::Wrong, "disk space", found, fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_wrong() {
        assert_eq!(judge(TO_BUILD, false).state, State::Fine);
        let full = judge(500_000_000, false);
        assert_eq!(full.state, State::Wrong);
        assert_eq!(full.found, "500 MB free, but up to 4.0 GB are needed");
        assert!(full.fix.is_some_and(|fix| fix.starts_with("cargo clean")));
    }

    #[test]
    fn what_is_built_needs_no_space() {
        assert_eq!(judge(1_800_000_000, true).state, State::Fine);
        assert_eq!(judge(1_800_000_000, false).state, State::Wrong);
        assert_eq!(judge(400_000_000, true).state, State::Wrong);
    }

    #[test]
    fn the_scripts_have_the_same_numbers() {
        let [to_build, when_built] = [TO_BUILD, WHEN_BUILT].map(|bytes| bytes / 1_000_000);
        let sh = format!("then needed={when_built}; else needed={to_build};");
        assert!(include_str!("../../../../check.sh").contains(&sh), "{sh}");
        let ps1 = format!("{{ {to_build} }} else {{ {when_built} }}");
        assert!(include_str!("../../../../check.ps1").contains(&ps1), "{ps1}");
    }
}
