//! Starts and ends `chromedriver` and a browser.

use std::{env, ffi::OsStr, future::Future, io, time::Duration};

use fantoccini::{Client, ClientBuilder, error::CmdError, wd::WebDriverCompatibleCommand};
use harness::{Program, Running};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::runtime::{self, Runtime};
use url::{ParseError, Url};

use super::LIMIT;
use crate::lock::{self, Place};

/// Each browser has half a dozen processes, so more browsers would slow each other down until a
/// page does not load in time.
const AT_ONCE: usize = 2;
/// Longer than the limits of `chromedriver`, whose errors are more specific.
const DRIVER_LIMIT: Duration = Duration::from_secs(90);
/// How often `chromedriver` may choose a port that is taken.
const PORT_TRIES: usize = 5;
/// The time that a browser may take to close before it is killed.
const CLOSING: Duration = Duration::from_secs(10);

/// The reason why there is no browser.
pub(super) enum Error {
    /// The browser is not installed. The text names the missing program.
    Missing(String),
    /// The browser is installed, but does not start.
    Broken(String),
}

/// A browser and the program that controls it.
#[derive(Debug)]
pub(super) struct Driver {
    client: Client,
    /// The browser's own process, which is killed if it does not close.
    browser: Option<Pid>,
    runtime: Runtime,
    // Dropped in this order: the programs, then their folder, then the place for another browser.
    _chromedriver: Running,
    _profile: TempDir,
    _place: Place,
}

impl Driver {
    pub(super) fn start() -> Result<Self, Error> {
        let place = lock::wait("browser", AT_ONCE);
        let broken = |error: &dyn std::fmt::Display| Error::Broken(error.to_string());
        let profile = tempfile::tempdir().map_err(|error| broken(&error))?;
        let chromedriver = start_chromedriver().map_err(|error| match error {
            harness::Error::Start { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Error::Missing("there is no chromedriver".to_string())
            }
            error => broken(&error),
        })?;
        let stdout = chromedriver.wait_for_stdout(|text| port(text).is_some());
        let stdout = stdout.map_err(|error| broken(&error))?;
        let url = format!("http://127.0.0.1:{}", port(&stdout).unwrap_or_default());

        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| broken(&error))?;
        let connected = runtime.block_on(async {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            builder.capabilities(capabilities(profile.path().as_os_str()));
            tokio::time::timeout(DRIVER_LIMIT, builder.connect(&url)).await
        });
        let client = match connected {
            Ok(Ok(client)) => client,
            Ok(Err(error)) if error.to_string().contains("cannot find Chrome binary") => {
                return Err(Error::Missing("there is no Chromium".to_string()));
            }
            Ok(Err(error)) => return Err(broken(&error)),
            Err(_) => return Err(Error::Broken(format!("no session in {DRIVER_LIMIT:?}"))),
        };
        let id = client.capabilities().and_then(|found| found.get("goog:processID")?.as_i64());
        let browser = id.and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        Ok(Self {
            client,
            browser,
            runtime,
            _chromedriver: chromedriver,
            _profile: profile,
            _place: place,
        })
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Runs a command of the client, with a limit.
    pub(super) fn run<T>(
        &self,
        command: impl Future<Output = Result<T, CmdError>>,
    ) -> Result<T, CmdError> {
        self.runtime.block_on(async {
            let limited = tokio::time::timeout(DRIVER_LIMIT, command).await;
            limited.unwrap_or(Err(CmdError::WaitTimeout))
        })
    }

    /// Waits for a while.
    pub(super) fn pause(&self, time: Duration) {
        self.runtime.block_on(async { tokio::time::sleep(time).await });
    }

    /// Sends a command of `chromedriver` that is not in the standard.
    pub(super) fn extension(&self, path: &'static str, body: &Value) -> Result<Value, CmdError> {
        let command = Extension { path, body: body.to_string() };
        self.run(self.client.issue_cmd(command))
    }

    /// The browser's process.
    pub(super) fn browser(&self) -> Option<Pid> {
        self.browser
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let closed = self
            .runtime
            .block_on(async { tokio::time::timeout(CLOSING, self.client.clone().close()).await });
        if !matches!(closed, Ok(Ok(())))
            && let Some(browser) = self.browser
        {
            // Its other processes end by themselves. Nobody could handle an error here.
            let _ = kill_process(browser, Signal::KILL);
        }
    }
}

/// Starts `chromedriver` on a free port.
///
/// With port 0, `chromedriver` takes a free port of IPv6 and then the same port of IPv4, which
/// another program may use: `bind() failed: Address already in use`.
fn start_chromedriver() -> Result<Running, harness::Error> {
    let start = || Program::new("chromedriver").arg("--port=0").start_when("successfully on port ");
    let taken = |error: &harness::Error| error.to_string().contains("Address already in use");
    let mut tries = 1;
    loop {
        match start() {
            Err(error) if taken(&error) && tries < PORT_TRIES => tries += 1,
            result => return result,
        }
    }
}

/// The port, in `ChromeDriver was started successfully on port 46223.`
fn port(stdout: &str) -> Option<u16> {
    let (_, rest) = stdout.split_once("successfully on port ")?;
    rest.split_once('.')?.0.parse().ok()
}

/// See <https://developer.chrome.com/docs/chromedriver/capabilities>.
fn capabilities(profile: &OsStr) -> Map<String, Value> {
    let mut args = vec![
        format!("--user-data-dir={}", profile.display()),
        // Chromium does not start for root without this option, as in a container; it opens only
        // our own pages.
        "--no-sandbox".to_string(),
        // A container has little shared memory.
        "--disable-dev-shm-usage".to_string(),
        // The browser reaches only this machine. Requests to other machines are in the log.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1".to_string(),
        "--no-proxy-server".to_string(),
        "--disable-background-networking".to_string(),
        "--disable-component-update".to_string(),
        "--disable-sync".to_string(),
        "--disable-extensions".to_string(),
        "--disable-breakpad".to_string(),
        "--no-first-run".to_string(),
        "--lang=en-US".to_string(),
        "--force-color-profile=srgb".to_string(),
    ];
    if env::var_os("HEADED").is_none_or(|value| value.is_empty()) {
        args.push("--headless=new".to_string());
    }
    let limit = u64::try_from(LIMIT.as_millis()).unwrap_or(u64::MAX);
    let capabilities = json!({
        "timeouts": { "pageLoad": limit, "script": limit },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        "goog:chromeOptions": { "args": args },
    });
    capabilities.as_object().cloned().unwrap_or_default()
}

#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: String,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.clone()))
    }
}
