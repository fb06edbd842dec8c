//! The run with traces. The check is the caller, which sends `traceparent`. The check is also the
//! other process, which gives the verdicts.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;
use harness::http::Request;

use super::{App, BackEnds, Evidence, LIMIT, SHORT, Started, both, output_of, settle, start};
use crate::visit;

/// Where the app gives a verdict to another process.
const VERDICT: &str = "/api/verdict";
/// Enough verdicts that at least one of them most likely has a delay.
const VERDICTS: usize = 6;
const VISITS: usize = 5;
/// The maximum number of bytes that are read of the head of a request.
const MAX_HEAD: u64 = 64 * 1024;

/// The run with traces.
#[derive(Debug, Default)]
pub struct Traced {
    /// The requests that were answered.
    pub sent: Vec<Sent>,
    /// The header `traceparent` of each request that the app made for a verdict.
    pub asked: Vec<Option<String>>,
    /// What arrived.
    pub evidence: Evidence,
    /// What the app printed.
    pub output: String,
}

/// A request in a trace.
#[derive(Clone, Debug)]
pub struct Sent {
    /// What the request was for.
    pub purpose: Purpose,
    /// The path.
    pub path: String,
    /// The trace ID.
    pub trace: String,
    /// The ID of the span that the check pretends to have.
    pub span: String,
    /// The time until the response.
    pub waited: Duration,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The page of a visitor, for which the other process gives the verdict.
    Visit,
    /// The page of a visitor, but the other process responds with an error.
    Failure,
    /// A verdict for another process.
    Verdict,
}

/// Runs the app.
pub fn traced(app: &App) -> Result<Traced> {
    let back_ends = BackEnds::start()?;
    let judge = Judge::start()?;
    let url = format!("http://{}", judge.address);
    let started = start(app.program(SHORT, &back_ends).env("VERDICT_URL", url));
    let Started { running, address, known: _known } = match started {
        Ok(started) => started,
        Err(error) => return Ok(Traced { output: output_of(&error), ..Traced::default() }),
    };
    let mut sent: Vec<Sent> = thread::scope(|scope| {
        let purposes = [[Purpose::Verdict].repeat(VERDICTS), [Purpose::Visit].repeat(VISITS)];
        let requests: Vec<_> = purposes
            .concat()
            .into_iter()
            .map(|it| scope.spawn(move || send(address, it)))
            .collect();
        requests.into_iter().filter_map(|request| request.join().ok()?).collect()
    });
    judge.fails.store(true, Ordering::Relaxed);
    sent.extend(send(address, Purpose::Failure));
    settle(&running, &back_ends, |_| false);
    let ended = running.stop();
    let output = ended.as_ref().map_or_else(output_of, both);
    let asked = judge.asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(Traced { sent, asked, evidence: back_ends.evidence(""), output })
}

fn send(app: SocketAddr, purpose: Purpose) -> Option<Sent> {
    let path = match purpose {
        Purpose::Verdict => VERDICT.to_string(),
        Purpose::Visit | Purpose::Failure => format!("/{}/", visit::name()),
    };
    let [trace, span] = [32, 16].map(|digits| (0..digits).map(|_| fastrand::digit(16)).collect());
    let started = Instant::now();
    let request = Request::get(&path).with("traceparent", &format!("00-{trace}-{span}-01"));
    request.limit(LIMIT).send(app).ok()?;
    Some(Sent { purpose, path, trace, span, waited: started.elapsed() })
}

/// The process that the app asks for verdicts. It stops when it is dropped.
struct Judge {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Option<String>>>>,
    fails: Arc<AtomicBool>,
    stopped: Arc<AtomicBool>,
}

impl Judge {
    fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let judge =
            Self { address, asked: Arc::default(), fails: Arc::default(), stopped: Arc::default() };
        let Self { asked, fails, stopped, .. } = &judge;
        let (asked, fails, stopped) = (Arc::clone(asked), Arc::clone(fails), Arc::clone(stopped));
        thread::spawn(move || {
            for connection in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let status = if fails.load(Ordering::Relaxed) { "503 Busy" } else { "200 OK" };
                let asked = Arc::clone(&asked);
                // A client may open connections in advance, so each has a thread of its own.
                thread::spawn(move || {
                    // An app that has closed the connection is not an error here.
                    if let Ok(header) = connection.and_then(|it| answer(&it, status)) {
                        asked.lock().unwrap_or_else(PoisonError::into_inner).push(header);
                    }
                });
            }
        });
        Ok(judge)
    }
}

/// Answers one request, and returns its `traceparent`.
fn answer(mut connection: &TcpStream, status: &str) -> io::Result<Option<String>> {
    connection.set_read_timeout(Some(LIMIT))?;
    let mut traceparent = None;
    for line in BufReader::new(connection.take(MAX_HEAD)).lines() {
        let line = line?;
        match line.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("traceparent") => {
                traceparent = Some(value.trim().to_string());
            }
            None if line.is_empty() => break,
            _ => {}
        }
    }
    let head = "Connection: close\r\nContent-Length: 4";
    write!(connection, "HTTP/1.1 {status}\r\n{head}\r\n\r\nnice")?;
    Ok(traceparent)
}

impl Drop for Judge {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // Wakes the thread. An error means that it has ended already.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}
