//! A program that is not running yet: what to run, and how.

use std::{
    env,
    ffi::OsStr,
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::{
    Error, Finished, KillSwitch, Running,
    capture::{Capture, Stream},
    environment,
    process::Process,
    running::{Settings, Stdout},
};

/// Enough for everything that a working program does in a moment, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);
/// Enough for everything that the programs of this repository print in a test.
const OUTPUT_LIMIT: usize = 16 * 1024 * 1024;
/// The beginning of the ready line of the steps and of the stand-ins.
const READY: &str = "Listening on http://";

/// A program and its settings.
#[derive(Debug)]
pub struct Program {
    command: Command,
    path: PathBuf,
    limit: Duration,
    output_limit: usize,
    own_group: bool,
    kill_switch: Option<KillSwitch>,
    stdout: Stdout,
}

impl Program {
    /// The program at `path`, or with that name. Its environment is that of the caller without the
    /// variables of OpenTelemetry, of Application Insights and of the steps, without those that
    /// cargo sets, and without proxies.
    pub fn new(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        let mut command = Command::new(&path);
        environment::clean(&mut command);
        Self {
            command,
            path,
            limit: LIMIT,
            output_limit: OUTPUT_LIMIT,
            own_group: false,
            kill_switch: None,
            stdout: Stdout::Captured,
        }
    }

    /// A step: on any free port, and with the same random numbers each time.
    pub fn step(path: impl AsRef<Path>) -> Self {
        Self::new(path).env("PORT", "0").env("SEED", "1")
    }

    /// The cargo that runs the caller, or the one on the path. It keeps the proxies.
    pub fn cargo() -> Self {
        Self::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into())).keep_proxies()
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Removes an environment variable.
    #[must_use]
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Keeps the caller's proxies, for a program that needs the network.
    #[must_use]
    pub fn keep_proxies(mut self) -> Self {
        self.command.envs(environment::proxies());
        self
    }

    /// Sets the working directory.
    #[must_use]
    pub fn current_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Gives the program a process group of its own (on Unix). Signals then reach all processes
    /// that the program starts, and these processes end when the program ends.
    #[must_use]
    pub fn own_group(mut self) -> Self {
        self.own_group = true;
        self
    }

    /// Lets `switch` kill the program.
    #[must_use]
    pub fn killed_by(mut self, switch: &KillSwitch) -> Self {
        self.kill_switch = Some(switch.clone());
        self
    }

    /// Sets the maximum duration of each wait for the program. The default is one minute.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Sets the number of bytes that are kept of stdout, and of stderr: one half from the
    /// beginning, the other from the end. The default is 16 MiB.
    #[must_use]
    pub fn output_limit(mut self, bytes: usize) -> Self {
        self.output_limit = bytes;
        self
    }

    /// Writes stdout to a file at `path`, instead of capturing it.
    #[must_use]
    pub fn stdout_to(mut self, path: impl Into<PathBuf>) -> Self {
        self.stdout = Stdout::File(path.into());
        self
    }

    /// Leaves stdout unread: see [`Running::unread_stdout`].
    #[must_use]
    pub fn leave_stdout_unread(mut self) -> Self {
        self.stdout = Stdout::Unread(None);
        self
    }

    /// Starts the program and waits for its ready line on stderr, `Listening on http://ADDRESS`.
    pub fn start(self) -> Result<Running, Error> {
        let mut running = self.spawn()?;
        let ready = |running: &Running| ready(&running.stderr());
        let address = running.until("its ready line", &[Stream::Stderr], ready);
        match address {
            Ok(address) => {
                running.set_address(address);
                Ok(running)
            }
            Err(error) => Err(running.ended_or(error)),
        }
    }

    /// Starts the program and waits until `sign` is on stderr or stdout. The result has no
    /// address.
    pub fn start_when(self, sign: &str) -> Result<Running, Error> {
        let running = self.spawn()?;
        let what = format!("{sign:?} in its output");
        let seen = |running: &Running| {
            let seen = running.stderr().contains(sign) || running.stdout().contains(sign);
            seen.then_some(())
        };
        match running.until(&what, &[Stream::Stdout, Stream::Stderr], seen) {
            Ok(()) => Ok(running),
            Err(error) => Err(running.ended_or(error)),
        }
    }

    /// Runs the program to its end.
    pub fn run(self) -> Result<Finished, Error> {
        self.spawn()?.wait()
    }

    /// Starts the program without waiting for output.
    pub fn spawn(mut self) -> Result<Running, Error> {
        #[cfg(unix)]
        if self.own_group {
            std::os::unix::process::CommandExt::process_group(&mut self.command, 0);
        }
        let stdout = match &self.stdout {
            Stdout::File(path) => File::create(path)?.into(),
            _ => Stdio::piped(),
        };
        let child = self.command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped()).spawn();
        let program = self.path.display().to_string();
        let mut child = child.map_err(|source| Error::Start { program, source })?;
        let capture = Capture::new(self.output_limit);
        if let Some(stderr) = child.stderr.take() {
            capture.read(Stream::Stderr, stderr);
        }
        match (&mut self.stdout, child.stdout.take()) {
            (Stdout::Unread(pipe), stdout) => *pipe = stdout,
            (_, Some(stdout)) => capture.read(Stream::Stdout, stdout),
            (_, None) => (),
        }
        let settings = Settings { limit: self.limit, output_limit: self.output_limit };
        let process = Arc::new(Mutex::new(Process::new(child, self.own_group)));
        if let Some(switch) = &self.kill_switch {
            switch.add(&process);
        }
        Ok(Running::new(process, capture, self.stdout, settings))
    }
}

/// The address in the ready line, once the line is whole.
fn ready(stderr: &str) -> Option<SocketAddr> {
    let (whole, _) = stderr.rsplit_once('\n')?;
    let rest = whole.lines().find_map(|line| line.strip_prefix(READY))?;
    rest.split_whitespace().next()?.trim_end_matches('/').parse().ok()
}
