//! A program that runs: its output, requests to it, and its end.

use std::{
    fs::{self, File},
    io::{self, Read},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::{ChildStdout, ExitStatus},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    Error,
    capture::{Bounded, Capture, Stream},
    http::{self, Client, Reply},
    process::{Process, Signal},
};

/// The polling interval for the end of the process: there is no notification with a time limit.
const POLL: Duration = Duration::from_millis(20);
/// How long to keep reading after the end of a program. Another process may hold its pipes open.
const READ_ON: Duration = Duration::from_secs(5);

/// A running program. It is killed when it is dropped, so that a failing test leaves none behind.
#[derive(Debug)]
pub struct Running {
    process: Arc<Mutex<Process>>,
    capture: Capture,
    stdout: Stdout,
    settings: Settings,
    client: Client,
    address: SocketAddr,
}

/// The destination of stdout.
#[derive(Debug)]
pub(crate) enum Stdout {
    Captured,
    File(PathBuf),
    Unread(Option<ChildStdout>),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) limit: Duration,
    pub(crate) output_limit: usize,
}

/// A program that has ended, with everything that it printed.
#[derive(Debug)]
pub struct Finished {
    /// The exit status.
    pub status: ExitStatus,
    /// The stdout; empty if it was left unread.
    pub stdout: String,
    /// The stderr.
    pub stderr: String,
}

impl Running {
    pub(crate) fn new(
        process: Arc<Mutex<Process>>,
        capture: Capture,
        stdout: Stdout,
        settings: Settings,
    ) -> Self {
        let client = Client::new(settings.limit);
        let address = ([127, 0, 0, 1], 0).into();
        Self { process, capture, stdout, settings, client, address }
    }

    pub(crate) fn set_address(&mut self, address: SocketAddr) {
        self.address = address;
    }

    /// The address in the ready line.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of `path` at this program.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process().id()
    }

    /// Whether the process is still running.
    pub fn is_running(&self) -> Result<bool, Error> {
        Ok(self.process().try_wait()?.is_none())
    }

    /// Sends a GET request. Redirects are not followed.
    pub fn get(&self, path: &str) -> Result<Reply, Error> {
        let url = self.url(path);
        self.client.get(&url).map_err(|source| Error::Request { url, source })
    }

    /// Sends `request` byte for byte and reads until the program closes the connection.
    pub fn raw(&self, request: &[u8]) -> Result<String, Error> {
        let answer = http::exchange(self.address, request, self.settings.limit)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// Opens a connection and leaves the rest to the caller.
    pub fn connect(&self) -> Result<TcpStream, Error> {
        Ok(http::connect(self.address, self.settings.limit)?)
    }

    /// The stdout so far; empty if it is left unread.
    pub fn stdout(&self) -> String {
        match &self.stdout {
            Stdout::Captured => self.capture.text(Stream::Stdout),
            Stdout::File(path) => {
                let mut text = Bounded::new(self.settings.output_limit);
                // A file that cannot be read has no text.
                let _ = File::open(path).and_then(|mut file| io::copy(&mut file, &mut text));
                text.text()
            }
            Stdout::Unread(_) => String::new(),
        }
    }

    /// The number of bytes on stdout so far, including those that were left out.
    pub fn stdout_len(&self) -> u64 {
        match &self.stdout {
            Stdout::Captured => self.capture.len(Stream::Stdout),
            Stdout::File(path) => fs::metadata(path).map_or(0, |file| file.len()),
            Stdout::Unread(_) => 0,
        }
    }

    /// The stderr so far.
    pub fn stderr(&self) -> String {
        self.capture.text(Stream::Stderr)
    }

    /// Waits until stdout satisfies `condition`, and returns stdout.
    pub fn wait_for_stdout(&self, condition: impl Fn(&str) -> bool) -> Result<String, Error> {
        let seen = |running: &Self| Some(running.stdout()).filter(|text| condition(text));
        self.until("the expected stdout", &[Stream::Stdout], seen)
    }

    /// Waits until stderr satisfies `condition`, and returns stderr.
    pub fn wait_for_stderr(&self, condition: impl Fn(&str) -> bool) -> Result<String, Error> {
        let seen = |running: &Self| Some(running.stderr()).filter(|text| condition(text));
        self.until("the expected stderr", &[Stream::Stderr], seen)
    }

    /// Waits until more than `bytes` were printed on stdout.
    pub fn wait_for_stdout_after(&self, bytes: u64) -> Result<(), Error> {
        let seen = |running: &Self| (running.stdout_len() > bytes).then_some(());
        self.until("more on stdout", &[Stream::Stdout], seen)
    }

    /// Closes the reading end of stdout after the next output, as `program | head` does.
    pub fn close_stdout(&mut self) {
        self.capture.close(Stream::Stdout);
    }

    /// The pipe of a stdout that is left unread.
    pub fn unread_stdout(&mut self) -> Option<impl Read + '_> {
        match &mut self.stdout {
            Stdout::Unread(pipe) => pipe.as_mut(),
            _ => None,
        }
    }

    /// Sends SIGTERM and waits for the end. On systems other than Unix, kills the program.
    pub fn stop(self) -> Result<Finished, Error> {
        self.terminate()?;
        self.wait()
    }

    /// Sends SIGINT, as Ctrl-C does, and waits for the end. On systems other than Unix, kills the
    /// program.
    pub fn interrupt(self) -> Result<Finished, Error> {
        self.process().signal(Signal::Interrupt)?;
        self.wait()
    }

    /// Sends SIGTERM and does not wait. On systems other than Unix, kills the program.
    pub fn terminate(&self) -> Result<(), Error> {
        Ok(self.process().signal(Signal::Terminate)?)
    }

    /// Kills the program and returns its output.
    pub fn kill(self) -> Result<Finished, Error> {
        self.process().signal(Signal::Kill)?;
        self.wait()
    }

    /// Waits for the program to end by itself.
    pub fn wait(self) -> Result<Finished, Error> {
        let deadline = Instant::now() + self.settings.limit;
        let status = loop {
            let version = self.capture.version();
            if let Some(status) = self.process().try_wait()? {
                break status;
            }
            if Instant::now() > deadline {
                return Err(self.timeout("the end of the program"));
            }
            self.capture.wait_for_change(version, POLL);
        };
        self.read_on();
        Ok(Finished { status, stdout: self.stdout(), stderr: self.stderr() })
    }

    /// Waits until `seen` returns a value. Fails when none of `streams` can have more output.
    pub(crate) fn until<T>(
        &self,
        what: &str,
        streams: &[Stream],
        seen: impl Fn(&Self) -> Option<T>,
    ) -> Result<T, Error> {
        let deadline = Instant::now() + self.settings.limit;
        let mut ended = None;
        loop {
            let version = self.capture.version();
            let now = Instant::now();
            if ended.is_none() && self.process().try_wait()?.is_some() {
                ended = Some(now);
            }
            // Test this first, so that the condition sees all output from before the end.
            let over = match (&self.stdout, ended) {
                (_, Some(end)) if now - end > READ_ON => true,
                (Stdout::File(_), None) => false,
                _ => !streams.iter().any(|&stream| self.capture.is_open(stream)),
            };
            if let Some(value) = seen(self) {
                return Ok(value);
            }
            if over {
                let (stdout, stderr) = (self.stdout(), self.stderr());
                return Err(Error::Missing { what: what.to_string(), stdout, stderr });
            }
            if now > deadline {
                return Err(self.timeout(what));
            }
            self.capture.wait_for_change(version, POLL);
        }
    }

    /// If `error` was caused by the end of the program, returns an error with that end.
    pub(crate) fn ended_or(self, error: Error) -> Error {
        if !matches!(error, Error::Missing { .. }) {
            return error;
        }
        // The output ends shortly before the process does.
        let ended = || self.process().try_wait().is_ok_and(|status| status.is_some());
        let deadline = Instant::now() + READ_ON;
        while !ended() && Instant::now() < deadline {
            std::thread::sleep(POLL);
        }
        if ended() {
            return self.wait().map_or(error, |finished| Error::Ended(Box::new(finished)));
        }
        error
    }

    /// Reads the rest of the output.
    fn read_on(&self) {
        let deadline = Instant::now() + READ_ON;
        let open = || [Stream::Stdout, Stream::Stderr].iter().any(|&it| self.capture.is_open(it));
        while open() && Instant::now() < deadline {
            self.capture.wait_for_change(self.capture.version(), POLL);
        }
    }

    fn timeout(&self, what: &str) -> Error {
        Error::Timeout {
            limit: self.settings.limit,
            what: what.to_string(),
            stdout: self.stdout(),
            stderr: self.stderr(),
        }
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
