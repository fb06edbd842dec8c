//! The two back ends of a check. They accept what the app exports, respond as the stand-ins do, and
//! keep the telemetry in memory.

use std::{
    io::{self, Cursor, Read as _},
    net::{SocketAddr, TcpListener},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use app_insights::ingest::decode as ingestion;
use collector::{Encoding, body::Compression};
use jiff::Timestamp;
use serde_json::json;
use tiny_http::{Header, Method, Request, Response, Server};

use crate::{
    envelopes,
    model::{Destination, Export, Telemetry},
    otlp,
};

/// The largest body that is read, the same as the Collector's limit.
const MAX_BODY: usize = collector::body::LIMIT;
/// The maximum number of refusals that a receiver keeps.
const MAX_REFUSALS: usize = 100;
/// The number of threads, so that a slow request of the app does not delay another.
const THREADS: usize = 4;

/// A receiver of exports on a free port of the loopback address. It stops when it is dropped.
pub struct Receiver {
    address: SocketAddr,
    server: Arc<Server>,
    received: Arc<Mutex<Received>>,
    threads: Vec<JoinHandle<()>>,
}

/// Everything that a receiver has received.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// The telemetry of the accepted requests.
    pub telemetry: Telemetry,
    /// The refused requests.
    pub refusals: Vec<Refusal>,
}

/// A request that was refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The path of the request.
    pub path: String,
    /// The status of the response.
    pub status: u16,
    /// The reason.
    pub reason: String,
}

impl Refusal {
    /// Whether the refused item is a log.
    pub fn of_log(&self) -> bool {
        self.reason.contains("'MessageData'")
    }
}

impl Receiver {
    /// Starts a receiver for one kind of destination.
    pub fn start(destination: Destination) -> io::Result<Self> {
        let server = Arc::new(Server::http(("127.0.0.1", 0)).map_err(io::Error::other)?);
        let address = server.server_addr().to_ip().ok_or_else(|| io::Error::other("no address"))?;
        let received = Arc::new(Mutex::new(Received::default()));
        let threads = (0..THREADS)
            .map(|_| {
                let (server, received) = (Arc::clone(&server), Arc::clone(&received));
                thread::spawn(move || serve(&server, destination, &received))
            })
            .collect();
        Ok(Self { address, server, received, threads })
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything that has arrived so far.
    pub fn received(&self) -> Received {
        lock(&self.received).clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        for _ in &self.threads {
            self.server.unblock();
        }
    }
}

fn lock(received: &Mutex<Received>) -> MutexGuard<'_, Received> {
    received.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(server: &Server, destination: Destination, received: &Mutex<Received>) {
    while let Ok(mut request) = server.recv() {
        let taken = match destination {
            Destination::AppInsights => take_envelopes(&mut request),
            _ => take_otlp(&mut request),
        };
        // Keep the export before the response: the app may end as soon as it has the response.
        let response = match taken {
            Ok(Taken { export, answer, invalid }) => {
                let received = &mut *lock(received);
                received.telemetry.add(export);
                received.refuse(&request, invalid);
                answer
            }
            Err((status, reason)) => {
                lock(received).refuse(&request, Some((status, reason.clone())));
                answer(status, "text/plain", reason.into_bytes())
            }
        };
        // The app may have closed the connection, which is not an error here.
        let _ = request.respond(response);
    }
}

type Answer = Response<Cursor<Vec<u8>>>;
type Reason = (u16, String);

/// An accepted request.
struct Taken {
    export: Export,
    answer: Answer,
    /// The reason for refusing a part of the request.
    invalid: Option<Reason>,
}

impl Received {
    fn refuse(&mut self, request: &Request, reason: Option<Reason>) {
        if let Some((status, reason)) = reason
            && self.refusals.len() < MAX_REFUSALS
        {
            self.refusals.push(Refusal { path: request.url().to_string(), status, reason });
        }
    }
}

fn take_otlp(request: &mut Request) -> Result<Taken, Reason> {
    if request.url() != "/v1/metrics" {
        let reason = format!("nothing is at {}: metrics go to /v1/metrics", request.url());
        return Err((404, reason));
    }
    require_post(request)?;
    let encoding = Encoding::from_content_type(&header(request, "Content-Type"));
    let encoding = encoding.ok_or_else(|| (415, "unsupported media type".to_string()))?;
    let coding = header(request, "Content-Encoding");
    let compression = Compression::from_content_encoding(&coding);
    let compression =
        compression.ok_or_else(|| (400, format!("unsupported Content-Encoding: {coding}")))?;
    let body = collector::body::decompress(compression, body(request)?);
    let body = body.map_err(|error| (400, error.to_string()))?;
    let message = collector::decode(encoding, &body).map_err(|error| (400, error.to_string()))?;
    let content = match encoding {
        Encoding::Protobuf => Vec::new(),
        Encoding::Json => b"{}".to_vec(),
    };
    let answer = answer(200, encoding.content_type(), content);
    Ok(Taken { export: otlp::read(message), answer, invalid: None })
}

fn take_envelopes(request: &mut Request) -> Result<Taken, Reason> {
    let paths = ["/v2/track", "/v2.1/track", "//v2.1/track"];
    if !paths.contains(&request.url()) {
        return Err((404, format!("nothing is at {}", request.url())));
    }
    require_post(request)?;
    let framing = if header(request, "Content-Type").contains("json-stream") {
        ingestion::Framing::JsonStream
    } else {
        ingestion::Framing::Json
    };
    let encoding = match header(request, "Content-Encoding").as_str() {
        "gzip" => ingestion::Encoding::Gzip,
        _ => ingestion::Encoding::Identity,
    };
    let body = body(request)?;
    let items = ingestion::decode(&body, encoding, framing, Timestamp::now());
    let items = items.map_err(|error| (400, error.to_string()))?;
    let count = items.len();
    let errors = items.iter().enumerate().filter_map(|(index, item)| {
        let message = item.as_ref().err()?.to_string();
        Some(json!({ "index": index, "statusCode": 400, "message": message }))
    });
    let errors: Vec<_> = errors.collect();
    let reason = items.iter().find_map(|item| item.as_ref().err());
    let invalid = reason.map(|error| (400, error.to_string()));
    let accepted = count - errors.len();
    let content = json!({ "itemsReceived": count, "itemsAccepted": accepted, "errors": errors });
    let status = match accepted {
        _ if invalid.is_none() => 200,
        0 => 400,
        _ => 206,
    };
    let answer = answer(status, "application/json", content.to_string().into_bytes());
    Ok(Taken { export: envelopes::read(items.into_iter().flatten()), answer, invalid })
}

fn require_post(request: &Request) -> Result<(), Reason> {
    if *request.method() == Method::Post {
        return Ok(());
    }
    Err((405, format!("method {} not allowed, supported: [POST]", request.method())))
}

fn header(request: &Request, name: &'static str) -> String {
    let header = request.headers().iter().find(|header| header.field.equiv(name));
    header.map(|header| header.value.to_string()).unwrap_or_default()
}

fn body(request: &mut Request) -> Result<Vec<u8>, Reason> {
    let mut body = Vec::new();
    let limit = u64::try_from(MAX_BODY).unwrap_or(u64::MAX);
    let read = request.as_reader().take(limit + 1).read_to_end(&mut body);
    read.map_err(|error| (400, format!("the body ends early: {error}")))?;
    if body.len() > MAX_BODY {
        return Err((413, format!("the body is larger than {MAX_BODY} bytes")));
    }
    Ok(body)
}

fn answer(status: u16, content_type: &str, body: Vec<u8>) -> Answer {
    let response = Response::from_data(body).with_status_code(status);
    match Header::from_bytes("Content-Type", content_type) {
        Ok(header) => response.with_header(header),
        Err(()) => response,
    }
}

/// A back end that closes each connection at once. It stops when it is dropped.
pub struct Unreachable {
    address: SocketAddr,
    attempts: Arc<AtomicUsize>,
    stopped: Arc<AtomicBool>,
}

impl Unreachable {
    /// Starts on a free port of the loopback address.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let attempts = Arc::new(AtomicUsize::new(0));
        let stopped = Arc::new(AtomicBool::new(false));
        let (counted, over) = (Arc::clone(&attempts), Arc::clone(&stopped));
        thread::spawn(move || {
            for connection in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                drop(connection);
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        Ok(Self { address, attempts, stopped })
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of connections so far.
    pub fn attempts(&self) -> usize {
        self.attempts.load(Ordering::Relaxed)
    }
}

impl Drop for Unreachable {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // Wakes the thread. An error means that it has ended already.
        let _ = std::net::TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}
