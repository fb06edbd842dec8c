//! Starting, asking, and stopping a program.

use std::{
    env,
    ffi::OsStr,
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use ureq::{Agent, http::HeaderMap};

/// How long to wait for anything that a working program does in a moment. Generous, because a
/// busy machine is no fault of the program.
const LIMIT: Duration = Duration::from_secs(60);

/// What can go wrong between a program and whoever runs it. Each says what the program printed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The program could not be started at all.
    #[error("cannot start {program}: {source}")]
    Start {
        /// The path as given.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// The program ended before its ready line.
    #[error("the program ended with {} before it was ready; stderr: {}", .0.status, .0.stderr)]
    Ended(Box<Finished>),
    /// Something did not happen in time.
    #[error("waited {LIMIT:?} for {what}; stdout so far: {stdout}; stderr so far: {stderr}")]
    Timeout {
        /// What was waited for.
        what: String,
        /// What the program had printed by then.
        stdout: String,
        /// What it had complained of by then.
        stderr: String,
    },
    /// A request was not answered.
    #[error("no answer: {0}")]
    Request(#[from] ureq::Error),
    /// The operating system refused something.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A program that is not running yet.
#[derive(Debug)]
pub struct Program {
    command: Command,
    path: PathBuf,
}

impl Program {
    /// The program at `path`, with an environment that a developer's own settings do not reach.
    pub fn new(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        let mut command = Command::new(&path);
        for (name, _) in env::vars_os() {
            let upper = name.to_string_lossy().to_uppercase();
            let meddles = ["OTEL_", "APPLICATIONINSIGHTS_"].iter().any(|p| upper.starts_with(p));
            if meddles || upper.ends_with("_PROXY") || upper == "PORT" || upper == "SEED" {
                command.env_remove(name);
            }
        }
        Self { command, path }
    }

    /// A step: on any free port, and with the same random numbers each time.
    pub fn step(path: impl AsRef<Path>) -> Self {
        Self::new(path).env("PORT", "0").env("SEED", "1")
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes an environment variable away.
    #[must_use]
    pub fn env_remove(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Starts the program and waits for its ready line, `Listening on http://ADDRESS...`, as the
    /// first on stderr.
    ///
    /// # Errors
    /// When it cannot be started, ends at once, or does not say that it is ready.
    pub fn start(self) -> Result<Running, Error> {
        let mut running = self.start_when(READY)?;
        let stderr = running.wait_for_stderr(|stderr| ready(stderr).is_some())?;
        if let Some(address) = ready(&stderr) {
            running.address = address;
        }
        Ok(running)
    }

    /// Starts a program of somebody else's and waits until `sign` is on stderr. It has no address
    /// that this crate would know.
    ///
    /// # Errors
    /// When it cannot be started, ends at once, or does not give the sign.
    pub fn start_when(self, sign: &str) -> Result<Running, Error> {
        let running = self.spawn()?;
        match running.wait_for_stderr(|stderr| stderr.contains(sign)) {
            Ok(_) => Ok(running),
            Err(_) if running.stderr.ended() => Err(Error::Ended(Box::new(running.wait()?))),
            Err(error) => Err(error),
        }
    }

    /// Runs the program to its end, for programs that should refuse to start.
    ///
    /// # Errors
    /// When it cannot be started or does not end.
    pub fn run(self) -> Result<Finished, Error> {
        self.spawn()?.wait()
    }

    fn spawn(mut self) -> Result<Running, Error> {
        let child =
            self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let program = self.path.display().to_string();
        let mut child = child.map_err(|source| Error::Start { program, source })?;
        let stdout = Capture::of(child.stdout.take());
        let stderr = Capture::of(child.stderr.take());
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(LIMIT))
            .build()
            .new_agent();
        Ok(Running { child, stdout, stderr, agent, address: ([127, 0, 0, 1], 0).into() })
    }
}

const READY: &str = "Listening on http://";

/// The address in a ready line, if the text begins with one.
fn ready(stderr: &str) -> Option<SocketAddr> {
    let (line, _) = stderr.split_once('\n')?;
    let rest = line.strip_prefix(READY)?;
    rest.split_whitespace().next()?.parse().ok()
}

/// A program that runs. Dropped, it is killed, so that a failing test leaves nothing behind.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Capture,
    stderr: Capture,
    agent: Agent,
    address: SocketAddr,
}

/// An answer to a request.
#[derive(Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as text.
    pub body: String,
}

/// A program that has ended, with all that it printed.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// All of its stdout.
    pub stdout: String,
    /// All of its stderr.
    pub stderr: String,
}

impl Running {
    /// Where it listens, as its ready line says.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of `path` at this program.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a GET request. A redirect is an answer like any other.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn get(&self, path: &str) -> Result<Reply, Error> {
        let mut response = self.agent.get(self.url(path)).call()?;
        Ok(Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.body_mut().read_to_string()?,
        })
    }

    /// Sends `request` byte for byte and reads until the program closes the connection, for what
    /// no well-behaved client would send.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn raw(&self, request: &[u8]) -> Result<String, Error> {
        let mut stream = self.connect()?;
        stream.write_all(request)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// Opens a connection and leaves the rest to the caller.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn connect(&self) -> Result<TcpStream, Error> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(LIMIT))?;
        Ok(stream)
    }

    /// What it has printed so far.
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// What it has complained of so far.
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Waits until what is on stdout satisfies `condition`, and returns it.
    ///
    /// # Errors
    /// When it never does.
    pub fn wait_for_stdout(&self, condition: impl Fn(&str) -> bool) -> Result<String, Error> {
        self.stdout.wait_for(condition).ok_or_else(|| self.timeout("its stdout"))
    }

    /// Waits until what is on stderr satisfies `condition`, and returns it.
    ///
    /// # Errors
    /// When it never does.
    pub fn wait_for_stderr(&self, condition: impl Fn(&str) -> bool) -> Result<String, Error> {
        self.stderr.wait_for(condition).ok_or_else(|| self.timeout("its stderr"))
    }

    /// Does what `program | head` does after a while: nobody reads stdout any more.
    pub fn close_stdout(&mut self) {
        self.stdout.close();
    }

    /// Sends SIGTERM and waits for the end.
    ///
    /// # Errors
    /// When the program does not end.
    pub fn stop(self) -> Result<Finished, Error> {
        self.terminate()?;
        self.wait()
    }

    /// Sends SIGINT, as Ctrl-C does, and waits for the end.
    ///
    /// # Errors
    /// When the program does not end.
    pub fn interrupt(self) -> Result<Finished, Error> {
        self.signal(rustix::process::Signal::INT)?;
        self.wait()
    }

    /// Sends SIGTERM and does not wait.
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub fn terminate(&self) -> Result<(), Error> {
        self.signal(rustix::process::Signal::TERM)
    }

    fn signal(&self, signal: rustix::process::Signal) -> Result<(), Error> {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        let pid = pid.ok_or_else(|| io::Error::other("no process id"))?;
        Ok(rustix::process::kill_process(pid, signal).map_err(io::Error::from)?)
    }

    /// Kills it outright, as a crash would, and returns what it had printed.
    ///
    /// # Errors
    /// When the program does not end.
    pub fn kill(mut self) -> Result<Finished, Error> {
        self.child.kill()?;
        self.wait()
    }

    /// Waits for the program to end by itself.
    ///
    /// # Errors
    /// When it does not.
    pub fn wait(mut self) -> Result<Finished, Error> {
        let deadline = Instant::now() + LIMIT;
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            if Instant::now() > deadline {
                return Err(self.timeout("its end"));
            }
            // The end of a process cannot be waited for with a limit; its pipes closing can, and
            // come first.
            self.stderr.changed(Duration::from_millis(20));
        };
        Ok(Finished { status, stdout: self.stdout.finish(), stderr: self.stderr.finish() })
    }

    fn timeout(&self, what: &str) -> Error {
        Error::Timeout { what: what.to_string(), stdout: self.stdout(), stderr: self.stderr() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A pipe that a thread reads, so that the program never waits for its reader.
#[derive(Debug)]
struct Capture {
    shared: Arc<Shared>,
    reader: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    ended: bool,
    /// Set to make the reader let go of the pipe.
    closed: bool,
}

impl Capture {
    fn of(pipe: Option<impl Read + Send + 'static>) -> Self {
        let shared = Arc::new(Shared::default());
        let writer = Arc::clone(&shared);
        let reader = pipe.map(|mut pipe| {
            thread::spawn(move || {
                let mut chunk = [0; 8192];
                loop {
                    let read = pipe.read(&mut chunk).unwrap_or(0);
                    let mut state = writer.lock();
                    state.bytes.extend_from_slice(&chunk[..read]);
                    state.ended = read == 0;
                    let done = state.ended || state.closed;
                    writer.changed.notify_all();
                    if done {
                        return;
                    }
                }
            })
        });
        Self { shared, reader }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.shared.lock().bytes).into_owned()
    }

    /// Waits until there is more to read, the pipe has ended, or `limit` has passed.
    fn changed(&self, limit: Duration) {
        let state = self.shared.lock();
        if state.ended {
            // Nothing will come any more, so there is nothing to be woken by.
            drop(state);
            thread::sleep(limit);
        } else {
            drop(self.shared.changed.wait_timeout(state, limit));
        }
    }

    fn wait_for(&self, condition: impl Fn(&str) -> bool) -> Option<String> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let text = self.text();
            if condition(&text) {
                return Some(text);
            }
            if Instant::now() > deadline || (self.ended() && self.text() == text) {
                return None;
            }
            self.changed(Duration::from_millis(100));
        }
    }

    fn ended(&self) -> bool {
        self.shared.lock().ended
    }

    fn close(&mut self) {
        self.shared.lock().closed = true;
    }

    fn finish(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            // A reader that panicked has nothing more to say.
            let _ = reader.join();
        }
        self.text()
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
