//! Checks of a machine, a file for each. A check returns what it found, and how to fix a problem.

use std::env;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use harness::{Error, Finished, Program};

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

/// The limit for another program.
const LIMIT: Duration = Duration::from_secs(5);
/// The limit for cargo, which may unpack crates first, or wait for another cargo.
const CARGO_LIMIT: Duration = Duration::from_secs(60);

/// The machine to check. The environment is that of this process.
#[derive(Debug)]
pub struct Machine<'a> {
    /// The workshop.
    pub workspace: &'a Workspace,
    /// The ports of the workshop's programs.
    pub ports: Ports,
}

impl Machine<'_> {
    /// Runs every check.
    pub fn examine(&self) -> Report {
        thread::scope(|scope| {
            // Run these at the same time: each may wait for a program until the limit.
            let rustc = scope.spawn(|| toolchain::check(self, "rustc"));
            let cargo = scope.spawn(|| toolchain::check(self, "cargo"));
            let crates = scope.spawn(|| crates::check(self));
            let programs = scope.spawn(|| programs::check(self));
            let docker = scope.spawn(|| tools::docker(self));
            let ports = ports::check(self.ports);
            let programs = join(programs);
            let disk = disk::check(self, programs.state == State::Fine);
            let mut findings = vec![join(rustc), join(cargo), disk, join(crates), programs];
            findings.extend(ports);
            findings.push(proxy::check());
            findings.extend(variables::check());
            findings.extend([join(docker), tools::direnv(), tools::azure()]);
            Report(findings)
        })
    }

    /// Runs the program at `path` in the workshop's folder.
    fn run(&self, path: &Path, arguments: &[&str], limit: Duration) -> Result<Finished, Error> {
        Program::new(path).args(arguments).current_dir(self.workspace.root()).limit(limit).run()
    }
}

fn join<T>(thread: ScopedJoinHandle<T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// The program that the user's shell would run.
fn find(program: &str) -> Option<PathBuf> {
    which::which(program).ok()
}

/// The value of a variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The variables in `names` that are set and not empty.
fn set_variables<'a>(names: &[&'a str]) -> Vec<&'a str> {
    names.iter().copied().filter(|name| variable(name).is_some()).collect()
}
