//! Whether cargo can do without a network.

use super::report::Finding;
use super::{CARGO_LIMIT, Machine};
use crate::ask::{Answer, ask};

pub(super) async fn check(machine: &Machine<'_>) -> Finding {
    let prepare = "cargo workshop prepare";
    let Some(cargo) = machine.find("cargo") else {
        return Finding::wrong("crates", "cannot be looked for without cargo", prepare);
    };
    let mut fetch = machine.run(&cargo, &["fetch", "--locked", "--offline", "--quiet"]);
    fetch.env("CARGO_NET_OFFLINE", "true");
    match ask(fetch, CARGO_LIMIT).await {
        Answer::Said(_) => Finding::fine("crates", "all here: cargo needs no network"),
        Answer::Refused(why) if why.contains("lock file") => Finding::wrong(
            "crates",
            "Cargo.lock does not fit a Cargo.toml that was changed",
            "cargo update --workspace",
        ),
        Answer::Refused(_) => Finding::wrong(
            "crates",
            "not all here, and without a network cargo cannot fetch them",
            format!("{prepare} (needs a network), or take a stick"),
        ),
        Answer::Silent => {
            Finding::wrong("crates", "cargo does not answer; another one may be at work", prepare)
        }
        Answer::CannotStart(why) => Finding::wrong("crates", why.to_string(), prepare),
    }
}
