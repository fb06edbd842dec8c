//! A program of the workshop that runs, with all that it has printed.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::{cargo::cargo, workspace::Workspace};

/// How long a program may take for anything. Generous: a class starts everything at once.
pub(super) const LIMIT: Duration = Duration::from_secs(60);
const READY: &str = "Listening on http://";

/// Killed when dropped.
pub(super) struct Program {
    child: Child,
    pub(super) address: SocketAddr,
    stdout: watch::Receiver<String>,
    stderr: watch::Receiver<String>,
}

impl Program {
    /// Starts a package as the book does, and waits until it listens.
    pub(super) async fn start(
        workspace: &Workspace,
        package: &str,
        arguments: &[&str],
        variables: &[(&str, String)],
    ) -> Result<Self> {
        let mut command = cargo(workspace);
        // What the user has set is for the class and not for this.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("OTEL_") {
                command.env_remove(name);
            }
        }
        command.args(["run", "--quiet", "--locked", "--offline", "--package", package, "--"]);
        command.args(arguments).env("CARGO_NET_OFFLINE", "true");
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Command::from(command).kill_on_drop(true).spawn().context("no cargo")?;
        let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
        let mut program = Self { child, address: ([127, 0, 0, 1], 0).into(), stdout, stderr };
        let ready = until(&mut program.stderr, |text| address(text).is_some()).await;
        let stderr = program.stderr.borrow().clone();
        match address(&stderr) {
            Some(address) => program.address = address,
            None if ready => bail!("it does not start: {}", last(&stderr)),
            None => bail!("it does not say that it listens: {}", last(&stderr)),
        }
        Ok(program)
    }

    /// How many bytes are on stdout.
    pub(super) fn printed(&self) -> usize {
        self.stdout.borrow().len()
    }

    /// Waits until more than so many bytes are on stdout.
    pub(super) async fn prints_more_than(&self, bytes: usize) -> Result<()> {
        let mut stdout = self.stdout.clone();
        until(&mut stdout, |text| text.len() > bytes).await;
        if self.printed() > bytes {
            return Ok(());
        }
        Err(anyhow!("{}", last(&self.stderr.borrow())))
    }

    /// Tells it to stop, and says how it did.
    #[cfg(unix)]
    pub(super) async fn stop(mut self) -> Result<&'static str> {
        use rustix::process::{Pid, Signal, kill_process};
        // Cargo has made way for the program that it runs, so that this is the program itself.
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        let pid = pid.context("it ended too early")?;
        kill_process(pid, Signal::TERM).context("it cannot be told to stop")?;
        let status = timeout(LIMIT, self.child.wait()).await;
        let status = status.context("it does not stop when it is told to")??;
        if !status.success() {
            bail!("it stopped with {status}: {}", last(&self.stderr.borrow()));
        }
        Ok("stopped when told to")
    }

    /// Ends it: Windows has no way to tell a program without a window to stop.
    #[cfg(not(unix))]
    pub(super) async fn stop(mut self) -> Result<&'static str> {
        timeout(LIMIT, self.child.kill()).await.context("it cannot be ended")??;
        Ok("ended")
    }
}

/// Whether `condition` came true, or the text has ended, before the time was up.
async fn until(text: &mut watch::Receiver<String>, condition: impl Fn(&str) -> bool) -> bool {
    timeout(LIMIT, text.wait_for(|text| condition(text))).await.is_ok()
}

/// The last line, which mostly says what is wrong.
fn last(stderr: &str) -> &str {
    stderr.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it says nothing")
}

fn address(stderr: &str) -> Option<SocketAddr> {
    let line = stderr.lines().find_map(|line| line.strip_prefix(READY))?;
    // A line that is not whole may lack the end of its port.
    let whole = stderr.ends_with('\n') || line.contains(' ');
    line.split(' ').next()?.parse().ok().filter(|_| whole)
}

/// Reads a pipe to its end, so that the program never waits for its reader.
fn read(pipe: Option<impl AsyncRead + Send + Unpin + 'static>) -> watch::Receiver<String> {
    let (sender, receiver) = watch::channel(String::new());
    if let Some(mut pipe) = pipe {
        tokio::spawn(async move {
            let mut bytes = [0; 8192];
            while let Ok(read @ 1..) = pipe.read(&mut bytes).await {
                let text = String::from_utf8_lossy(&bytes[..read]);
                sender.send_modify(|all| all.push_str(&text));
            }
        });
    }
    receiver
}
