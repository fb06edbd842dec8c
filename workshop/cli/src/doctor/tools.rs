//! What is of use when it is there, and never needed.

use super::report::Finding;
use super::{LIMIT, Machine};
use crate::ask::{Answer, ask};

/// Docker, for the real Collector.
pub(super) async fn docker(machine: &Machine<'_>) -> Finding {
    let Some(docker) = machine.find("docker") else {
        let found = "not here; only the real Collector needs it";
        return Finding::optional(
            "Docker",
            found,
            "https://docs.docker.com/get-started/get-docker/",
        );
    };
    let start = if cfg!(target_os = "linux") {
        "sudo systemctl start docker"
    } else {
        "docker desktop start"
    };
    let version = ["version", "--format", "{{.Server.Version}}"];
    match ask(machine.run(&docker, &version), LIMIT).await {
        Answer::Said(version) => Finding::fine("Docker", format!("{version}, and its engine runs")),
        Answer::Refused(_) | Answer::CannotStart(_) => {
            Finding::optional("Docker", "here, but its engine does not run", start)
        }
        Answer::Silent => Finding::optional("Docker", "here, but it does not answer", start),
    }
}

/// direnv, for the connection string.
pub(super) fn direnv(machine: &Machine<'_>) -> Finding {
    present(machine, "direnv", "direnv", "it can load .env by itself", "https://direnv.net")
}

/// The Azure CLI. Not run: it takes seconds to start.
pub(super) fn azure(machine: &Machine<'_>) -> Finding {
    let url = "https://learn.microsoft.com/cli/azure/install-azure-cli";
    present(machine, "Azure CLI", "az", "only the real Azure needs it", url)
}

fn present(machine: &Machine<'_>, what: &str, program: &str, use_: &str, cure: &str) -> Finding {
    match machine.find(program) {
        Some(_) => Finding::fine(what, "here"),
        None => Finding::optional(what, format!("not here; {use_}"), cure),
    }
}
