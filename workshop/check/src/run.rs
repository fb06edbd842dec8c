//! Runs the app once with a crowd of visitors, and a few more times, each time under one special
//! condition.

mod traced;

pub use traced::{Purpose, Sent, Traced};

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;
use harness::{Error, Finished, Program, Running};

use crate::{
    console,
    model::{Destination, Metric, Telemetry},
    receivers::{Received, Receiver, Unreachable},
    visit::{self, Tally},
};

/// The longest time that the app may take to start, to respond, and to stop.
pub const LIMIT: Duration = Duration::from_secs(10);
/// The number of bytes that are kept of stdout, and of stderr.
const OUTPUT: usize = 8 * 1024 * 1024;
/// The milliseconds from one export to the next while the check waits for exports.
const SHORT: &str = "150";
/// In a run with this interval, metrics arrive at the end or never.
const LONG: &str = "3600000";
/// The longest wait for the exports to have counted every visit.
const SETTLE: Duration = Duration::from_millis(1500);
/// Numbers that have not changed for this long, over four exports, are final.
const STEADY: Duration = Duration::from_millis(700);
/// The time between two looks at the numbers.
const POLL: Duration = Duration::from_millis(25);

/// The process groups of the apps that run.
static GROUPS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Kills the apps that run. A program calls this function if it ends in the middle of a check.
pub fn kill_all() {
    for id in GROUPS.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        kill(id);
    }
}

#[cfg(unix)]
fn kill(id: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // An error means that the group has ended.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// Other systems end the app with its console.
#[cfg(not(unix))]
fn kill(_: u32) {}

/// The app, and its values that no output may show.
#[derive(Clone, Debug)]
pub struct App {
    /// The path of the program.
    pub program: PathBuf,
    /// Further environment variables.
    pub env: Vec<(String, String)>,
    /// The instrumentation key in the connection string.
    pub key: String,
    /// The password in the OTLP headers.
    pub password: String,
}

/// The results of the runs.
#[derive(Debug)]
pub struct Runs {
    /// The run with the crowd.
    pub main: Main,
    /// The other runs, which are made only if the app answered in the first.
    pub others: Option<Others>,
}

/// The run with the crowd.
#[derive(Debug)]
pub struct Main {
    /// The address of the app, or why there is none.
    pub started: Result<SocketAddr, Error>,
    /// The requests.
    pub visits: Tally,
    /// What arrived before the app was stopped: the number of exports, in the order of
    /// [`Evidence`].
    pub before_stop: [usize; 3],
    /// What arrived in the end.
    pub evidence: Evidence,
    /// The end of the app.
    pub ended: Option<Result<Finished, Error>>,
}

/// The telemetry that arrived, by destination.
#[derive(Debug, Default)]
pub struct Evidence {
    /// On stdout.
    pub console: Telemetry,
    /// At the Collector.
    pub collector: Received,
    /// At Application Insights.
    pub app_insights: Received,
}

impl Evidence {
    /// The telemetry that arrived at a destination.
    pub fn at(&self, destination: Destination) -> &Telemetry {
        match destination {
            Destination::Console => &self.console,
            Destination::Collector => &self.collector.telemetry,
            Destination::AppInsights => &self.app_insights.telemetry,
        }
    }

    /// The events of all metrics, the spans and the logs.
    #[expect(clippy::cast_precision_loss, reason = "a check sends a few hundred requests")]
    fn events(&self) -> f64 {
        let all = Destination::ALL.map(|destination| self.at(destination));
        let metrics = all.iter().flat_map(|telemetry| telemetry.metrics.values());
        let items: usize = all.iter().map(|it| it.spans.len() + it.logs.len()).sum();
        metrics.map(Metric::events).fold(items as f64, |sum, events| sum + events)
    }

    fn exports(&self) -> [usize; 3] {
        [
            self.console.exports,
            self.collector.telemetry.exports,
            self.app_insights.telemetry.exports,
        ]
    }
}

/// The other runs.
#[derive(Debug)]
pub struct Others {
    /// With an interval of an hour.
    pub flush: Flush,
    /// With an interval that is not a number.
    pub interval: Refusal,
    /// With the interval 0.
    pub no_interval: Refusal,
    /// With an ingestion endpoint that is not a URL.
    pub connection: Refusal,
    /// Without a back end.
    pub down: Down,
    /// With visitors that disconnect.
    pub abort: Abort,
    /// With traces, for the steps that have traces.
    pub traced: Option<Traced>,
}

/// The run that exports only at its end.
#[derive(Debug, Default)]
pub struct Flush {
    /// The requests.
    pub visits: Tally,
    /// The service name that the environment gave.
    pub service: String,
    /// What arrived.
    pub evidence: Evidence,
    /// What the app printed.
    pub output: String,
}

/// A run with a value that the app should reject.
#[derive(Debug)]
pub enum Refusal {
    /// The app served nevertheless.
    Served {
        /// What the app printed.
        output: String,
    },
    /// The app ended at once.
    Ended(Box<Finished>),
    /// The app neither served nor ended.
    Neither {
        /// What the app printed.
        output: String,
    },
}

/// The run without a back end.
#[derive(Debug, Default)]
pub struct Down {
    /// The number of attempts to export.
    pub attempts: usize,
    /// The requests after that.
    pub visits: Tally,
    /// Whether the app ended in the middle of the run.
    pub ended: bool,
    /// What the app printed.
    pub output: String,
}

/// The run with visitors that disconnect.
#[derive(Debug, Default)]
pub struct Abort {
    /// The requests that were sent and aborted.
    pub sent: usize,
    /// What arrived.
    pub evidence: Evidence,
    /// What the app printed.
    pub output: String,
}

/// Runs the app, with traces only if it may have traces. `complete` tests whether the telemetry has
/// counted all requests.
pub fn run(
    app: &App,
    may_trace: bool,
    complete: &(dyn Fn(&Evidence, &Tally) -> bool + Sync),
) -> Result<Runs> {
    let back_ends = BackEnds::start()?;
    let mut main = Main {
        started: Err(Error::Io(std::io::ErrorKind::Other.into())),
        visits: Tally::default(),
        before_stop: [0; 3],
        evidence: Evidence::default(),
        ended: None,
    };
    let Started { running, address, known: _known } = match start(app.program(SHORT, &back_ends)) {
        Ok(started) => started,
        Err(error) => {
            main.started = Err(error);
            return Ok(Runs { main, others: None });
        }
    };
    main.started = Ok(address);
    let probe = visit::probe(address);
    if probe.requests == 0 {
        main.visits = probe;
        main.ended = Some(running.kill());
        return Ok(Runs { main, others: None });
    }

    // Set once it is certain that the app exports to neither back end.
    let no_exports = AtomicBool::new(false);
    let others = thread::scope(|scope| {
        let flush = scope.spawn(|| flush(app));
        let interval = scope.spawn(|| refused(app, "OTEL_METRIC_EXPORT_INTERVAL", "5s"));
        let no_interval = scope.spawn(|| refused(app, "OTEL_METRIC_EXPORT_INTERVAL", "0"));
        let connection = scope.spawn(|| {
            let string = format!("InstrumentationKey={};IngestionEndpoint=nowhere", app.key);
            refused(app, "APPLICATIONINSIGHTS_CONNECTION_STRING", &string)
        });
        let down = scope.spawn(|| down(app, &no_exports));
        let abort = scope.spawn(|| abort(app, &no_exports));
        let traced = may_trace.then(|| scope.spawn(|| traced::traced(app)));

        let mut visits = visit::crowd(address);
        visits.join(probe);
        main.visits = visits;
        let evidence = settle(&running, &back_ends, |evidence| complete(evidence, &main.visits));
        main.before_stop = evidence.exports();
        let [_, collector, app_insights] = main.before_stop;
        no_exports.store(collector + app_insights == 0, Ordering::Relaxed);
        let ended = running.stop();
        let stdout = match &ended {
            Ok(finished) => finished.stdout.clone(),
            Err(Error::Timeout { stdout, .. }) => stdout.clone(),
            Err(_) => String::new(),
        };
        main.evidence = back_ends.evidence(&stdout);
        main.ended = Some(ended);

        anyhow::Ok(Others {
            flush: join(flush)?,
            interval: join(interval)?,
            no_interval: join(no_interval)?,
            connection: join(connection)?,
            down: join(down)?,
            abort: join(abort)?,
            traced: traced.map(join).transpose()?,
        })
    });
    Ok(Runs { main, others: Some(others?) })
}

fn join<T>(thread: thread::ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The back ends of one run.
struct BackEnds {
    collector: Receiver,
    app_insights: Receiver,
}

impl BackEnds {
    fn start() -> Result<Self> {
        Ok(Self {
            collector: Receiver::start(Destination::Collector)?,
            app_insights: Receiver::start(Destination::AppInsights)?,
        })
    }

    fn evidence(&self, stdout: &str) -> Evidence {
        Evidence {
            console: console::read(stdout),
            collector: self.collector.received(),
            app_insights: self.app_insights.received(),
        }
    }
}

impl App {
    fn program(&self, interval: &str, back_ends: &BackEnds) -> Program {
        self.program_at(interval, back_ends.collector.address(), back_ends.app_insights.address())
    }

    fn program_at(&self, interval: &str, otlp: SocketAddr, track: SocketAddr) -> Program {
        let string = format!("InstrumentationKey={};IngestionEndpoint=http://{track}/", self.key);
        let mut program = Program::new(&self.program)
            .env("PORT", "0")
            .env("OTEL_METRIC_EXPORT_INTERVAL", interval)
            .env("OTEL_BSP_SCHEDULE_DELAY", interval)
            .env("OTEL_BLRP_SCHEDULE_DELAY", interval)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{otlp}"))
            .env("OTEL_EXPORTER_OTLP_HEADERS", format!("authorization=Bearer {}", self.password))
            .env("APPLICATIONINSIGHTS_CONNECTION_STRING", string)
            .own_group()
            .limit(LIMIT)
            .output_limit(OUTPUT);
        for (name, value) in &self.env {
            program = program.env(name, value);
        }
        program
    }
}

/// An app that serves.
struct Started {
    running: Running,
    address: SocketAddr,
    known: Known,
}

/// A process group that [`kill_all`] kills as long as this value exists. Later, the group's ID may
/// belong to another group.
struct Known(u32);

impl Known {
    fn new(id: u32) -> Self {
        GROUPS.lock().unwrap_or_else(PoisonError::into_inner).push(id);
        Self(id)
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        GROUPS.lock().unwrap_or_else(PoisonError::into_inner).retain(|id| *id != self.0);
    }
}

/// Starts an app, which [`kill_all`] kills from then on, and waits for its ready line.
fn start(program: Program) -> Result<Started, Error> {
    let running = program.spawn()?;
    let known = Known::new(running.id());
    match running.wait_for_stderr(|stderr| ready(stderr).is_some()) {
        Ok(stderr) => match ready(&stderr) {
            Some(address) => Ok(Started { running, address, known }),
            None => Err(Error::Io(std::io::ErrorKind::InvalidData.into())),
        },
        // An app that closes its stderr may run on. Then the wait for its end has a limit.
        Err(Error::Missing { .. }) => Err(Error::Ended(Box::new(running.wait()?))),
        Err(error) => Err(error),
    }
}

/// The address in the ready line, once the line is whole.
fn ready(stderr: &str) -> Option<SocketAddr> {
    let (whole, _) = stderr.rsplit_once('\n')?;
    let rest = whole.lines().find_map(|line| line.strip_prefix("Listening on http://"))?;
    rest.split_whitespace().next()?.trim_end_matches('/').parse().ok()
}

/// Waits until `complete`, or until nothing more can be expected.
fn settle(
    running: &Running,
    back_ends: &BackEnds,
    complete: impl Fn(&Evidence) -> bool,
) -> Evidence {
    let deadline = Instant::now() + SETTLE;
    let mut last = (0.0, Instant::now());
    loop {
        let evidence = back_ends.evidence(&running.stdout());
        let (now, events) = (Instant::now(), evidence.events());
        if (events - last.0).abs() > f64::EPSILON {
            last = (events, now);
        }
        let steady = events > 0.0 && now - last.1 > STEADY;
        if complete(&evidence) || steady || now > deadline {
            return evidence;
        }
        thread::sleep(POLL);
    }
}

fn flush(app: &App) -> Result<Flush> {
    let back_ends = BackEnds::start()?;
    let service = format!("check-{}", visit::name().to_lowercase());
    let program = app.program(LONG, &back_ends).env("OTEL_SERVICE_NAME", &service);
    let Started { running, address, known: _known } = match start(program) {
        Ok(started) => started,
        Err(error) => return Ok(Flush { output: output_of(&error), ..Flush::default() }),
    };
    let visits = visit::few(address);
    // The run with the crowd ends at SIGTERM.
    let ended = running.interrupt();
    let output = ended.as_ref().map_or_else(output_of, both);
    let stdout = ended.map(|finished| finished.stdout).unwrap_or_default();
    Ok(Flush { visits, service, evidence: back_ends.evidence(&stdout), output })
}

fn refused(app: &App, name: &str, value: &str) -> Result<Refusal> {
    let back_ends = BackEnds::start()?;
    Ok(match start(app.program(LONG, &back_ends).env(name, value)) {
        Ok(started) => {
            let output = started.running.kill().as_ref().map_or_else(output_of, both);
            Refusal::Served { output }
        }
        Err(Error::Ended(finished)) => Refusal::Ended(finished),
        Err(error) => Refusal::Neither { output: output_of(&error) },
    })
}

fn down(app: &App, no_exports: &AtomicBool) -> Result<Down> {
    let back_end = Unreachable::start()?;
    let program = app.program_at(SHORT, back_end.address(), back_end.address());
    let Started { running, address, known: _known } = match start(program) {
        Ok(started) => started,
        Err(error) => {
            return Ok(Down { ended: true, output: output_of(&error), ..Down::default() });
        }
    };
    // Without a measurement there may be nothing to export.
    visit::one(address);
    let deadline = Instant::now() + LIMIT;
    let waits = || back_end.attempts() == 0 && !no_exports.load(Ordering::Relaxed);
    while waits() && Instant::now() < deadline {
        thread::sleep(POLL);
    }
    let visits = visit::few(address);
    // The exporter reports a failed export when it has given up.
    let deadline = Instant::now() + SETTLE;
    while back_end.attempts() > 0 && !complains(&running.stderr()) && Instant::now() < deadline {
        thread::sleep(POLL);
    }
    let ended = !running.is_running()?;
    let output = running.kill().as_ref().map_or_else(output_of, both);
    Ok(Down { attempts: back_end.attempts(), visits, ended, output })
}

fn abort(app: &App, no_exports: &AtomicBool) -> Result<Abort> {
    let back_ends = BackEnds::start()?;
    let Started { running, address, known: _known } = match start(app.program(SHORT, &back_ends)) {
        Ok(started) => started,
        Err(error) => return Ok(Abort { output: output_of(&error), ..Abort::default() }),
    };
    let sent = visit::abort(address);
    #[expect(clippy::cast_precision_loss, reason = "a dozen")]
    let counted = |evidence: &Evidence| {
        let metrics = &evidence.app_insights.telemetry.metrics;
        let all = metrics.values().all(|metric| metric.events() >= sent as f64);
        // Only the steps from 04 on are judged by this run, and they have two metrics.
        (all && metrics.len() > 1) || no_exports.load(Ordering::Relaxed)
    };
    settle(&running, &back_ends, counted);
    let ended = running.stop();
    let output = ended.as_ref().map_or_else(output_of, both);
    let stdout = ended.map(|finished| finished.stdout).unwrap_or_default();
    Ok(Abort { sent, evidence: back_ends.evidence(&stdout), output })
}

/// Whether an output mentions a problem.
pub fn complains(output: &str) -> bool {
    let output = output.to_lowercase();
    ["error", "fail", "warn", "cannot", "lost", "refused"].iter().any(|sign| output.contains(sign))
}

/// Everything that the app printed.
pub fn both(finished: &Finished) -> String {
    format!("{}\n{}", finished.stdout, finished.stderr)
}

/// Everything that the app printed before an error.
pub fn output_of(error: &Error) -> String {
    match error {
        Error::Ended(finished) => both(finished),
        Error::Missing { stdout, stderr, .. } | Error::Timeout { stdout, stderr, .. } => {
            format!("{stdout}\n{stderr}")
        }
        _ => String::new(),
    }
}
