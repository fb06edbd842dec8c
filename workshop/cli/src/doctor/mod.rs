//! What the workshop needs of a machine, a check each. A check reads the [`Machine`] that it is
//! given and says what it found, and how to cure it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, ffi::OsString};

use tokio::process::Command;

use crate::workspace::Workspace;

mod crates;
mod disk;
mod ports;
mod programs;
mod proxy;
mod report;
mod shell;
mod toolchain;
mod tools;
mod variables;

pub use ports::Ports;
pub use report::{Finding, Report, State};

/// How long another program may take for an answer that it usually gives at once.
const LIMIT: Duration = Duration::from_secs(5);
/// The same for cargo, which may have to unpack crates first, or to wait for another cargo.
const CARGO_LIMIT: Duration = Duration::from_secs(60);

/// All that the checks look at.
#[derive(Debug)]
pub struct Machine<'a> {
    /// The workshop.
    pub workspace: &'a Workspace,
    /// The environment, without what is not Unicode.
    pub variables: BTreeMap<String, String>,
    /// Where things are to listen.
    pub ports: Ports,
}

impl<'a> Machine<'a> {
    /// This machine.
    #[must_use]
    pub fn this(workspace: &'a Workspace, ports: Ports) -> Self {
        let text = |(name, value): (OsString, OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self { workspace, variables: env::vars_os().filter_map(text).collect(), ports }
    }

    /// Does every check.
    pub async fn examine(&self) -> Report {
        let ((rustc, cargo), crates, programs, ports, docker) = tokio::join!(
            toolchain::check(self),
            crates::check(self),
            programs::check(self),
            ports::check(self),
            tools::docker(self),
        );
        let mut findings = vec![rustc, cargo, disk::check(self), crates, programs];
        findings.extend(ports);
        findings.push(proxy::check(self));
        findings.extend(variables::check(self));
        findings.extend([docker, tools::direnv(self), tools::azure(self)]);
        Report(findings)
    }

    /// The value of a variable that is set, and not to nothing.
    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The program that the user's shell would run.
    fn find(&self, program: &str) -> Option<PathBuf> {
        // Windows spells it `Path`, and finds scripts too.
        let path = self.variable("PATH").or_else(|| self.variable("Path"))?;
        let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd", ".bat"] } else { &[""] };
        env::split_paths(path)
            .flat_map(|folder| {
                endings.iter().map(move |end| folder.join(format!("{program}{end}")))
            })
            .find(|file| is_program(file))
    }

    /// The program at `path`, at work in the workshop.
    fn run(&self, path: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(path);
        command.args(arguments).current_dir(self.workspace.root());
        crate::cargo::told_by_cargo().for_each(|name| {
            command.env_remove(name);
        });
        command
    }
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}
