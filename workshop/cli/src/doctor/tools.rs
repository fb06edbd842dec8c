//! Checks optional tools.

use harness::Error;

use super::report::{Finding, State};
use super::{LIMIT, Machine, find};

/// Docker, for the real Collector.
pub(super) fn docker(machine: &Machine<'_>) -> Finding {
    let optional = |found: &str, fix: &str| Finding::new(State::Optional, "Docker", found, fix);
    let Some(docker) = find("docker") else {
        let url = "https://docs.docker.com/get-started/get-docker/";
        return optional("missing; only the real Collector needs it", url);
    };
    let start = if cfg!(target_os = "linux") {
        "sudo systemctl start docker"
    } else {
        "docker desktop start"
    };
    match machine.run(&docker, &["version", "--format", "{{.Server.Version}}"], LIMIT) {
        Ok(finished) if finished.status.success() => {
            Finding::fine("Docker", format!("{}, and its engine runs", finished.stdout.trim()))
        }
        Err(Error::Timeout { .. }) => optional("installed, but it does not answer", start),
        _ => optional("installed, but its engine does not run", start),
    }
}

/// direnv, for the connection string.
pub(super) fn direnv() -> Finding {
    installed("direnv", "direnv", "it can load .env automatically", "https://direnv.net")
}

/// The Azure CLI, which is not run because it takes seconds to start.
pub(super) fn azure() -> Finding {
    let url = "https://learn.microsoft.com/cli/azure/install-azure-cli";
    installed("Azure CLI", "az", "only the real Azure needs it", url)
}

fn installed(what: &str, program: &str, purpose: &str, url: &str) -> Finding {
    match find(program) {
        Some(_) => Finding::fine(what, "installed"),
        None => Finding::new(State::Optional, what, format!("missing; {purpose}"), url),
    }
}
