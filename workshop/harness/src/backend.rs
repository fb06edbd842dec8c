//! A back end whose responses a test chooses, for tests of failures.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tiny_http::{Header, Response, Server};

/// What the back end does with a request.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// Responds with this status and no body.
    Status(u16),
    /// Responds with this status and a `Retry-After` in seconds.
    RetryAfter(u16, u32),
    /// Redirects the client to this location with this status.
    Redirect(u16, &'static str),
    /// Reads the request and never responds.
    Never,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// The path, such as `/v1/metrics`.
    pub path: String,
    /// The value of `Content-Encoding`, empty if the request has none.
    pub encoding: String,
    /// The body as it was sent, compressed or not.
    pub body: Vec<u8>,
    /// The time of its arrival.
    pub at: Instant,
}

/// A running back end. It stops and frees its port when it is dropped.
pub struct Backend {
    address: SocketAddr,
    server: Arc<Server>,
    inbox: Arc<Inbox>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Inbox {
    requests: Mutex<Vec<Received>>,
    arrived: Condvar,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Vec<Received>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend {
    /// Starts on any free port of the loopback address. `answer` gets the number of earlier
    /// requests.
    pub fn start(answer: impl FnMut(usize) -> Answer + Send + 'static) -> io::Result<Self> {
        Self::at(([127, 0, 0, 1], 0).into(), answer)
    }

    /// Starts at `address`, for a back end that comes back at its old address.
    pub fn at(
        address: SocketAddr,
        mut answer: impl FnMut(usize) -> Answer + Send + 'static,
    ) -> io::Result<Self> {
        let server = Arc::new(Server::http(address).map_err(io::Error::other)?);
        let address = server.server_addr().to_ip().ok_or_else(|| io::Error::other("no address"))?;
        let inbox = Arc::new(Inbox::default());
        let (listener, received) = (Arc::clone(&server), Arc::clone(&inbox));
        let thread = thread::spawn(move || serve(&listener, &received, &mut answer));
        Ok(Self { address, server, inbox, thread: Some(thread) })
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Received> {
        self.inbox.lock().clone()
    }

    /// Waits at most a minute for a total of `count` requests, and returns all requests so far.
    pub fn wait_for(&self, count: usize) -> Vec<Received> {
        self.wait_until(|requests| requests.len() >= count)
    }

    /// Waits at most a minute until the requests so far satisfy `condition`, and returns them.
    pub fn wait_until(&self, condition: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let requests = self.inbox.lock();
        let unmet = |requests: &mut Vec<Received>| !condition(requests);
        let waited =
            self.inbox.arrived.wait_timeout_while(requests, Duration::from_secs(60), unmet);
        waited.unwrap_or_else(PoisonError::into_inner).0.clone()
    }
}

/// Responds to requests until the server is unblocked.
fn serve(server: &Server, inbox: &Inbox, answer: &mut impl FnMut(usize) -> Answer) {
    let mut unanswered = Vec::new();
    while let Ok(mut request) = server.recv() {
        let mut body = Vec::new();
        if request.as_reader().read_to_end(&mut body).is_err() {
            continue;
        }
        let encoding = request.headers().iter().find(|h| h.field.equiv("Content-Encoding"));
        let received = Received {
            path: request.url().to_string(),
            encoding: encoding.map(|header| header.value.to_string()).unwrap_or_default(),
            body,
            at: Instant::now(),
        };
        let earlier = inbox.lock().len();
        let answer = answer(earlier);
        inbox.lock().push(received);
        inbox.arrived.notify_all();
        match response(answer) {
            // The client may have closed the connection, which is not an error here.
            Some(response) => drop(request.respond(response)),
            // tiny_http responds to a request that is dropped, so the request is kept.
            None => unanswered.push(request),
        }
    }
}

fn response(answer: Answer) -> Option<Response<io::Empty>> {
    let with_header = |status: u16, name: &str, value: &str| {
        let header = Header::from_bytes(name, value);
        header.into_iter().fold(Response::empty(status), Response::with_header)
    };
    match answer {
        Answer::Status(status) => Some(Response::empty(status)),
        Answer::RetryAfter(status, seconds) => {
            Some(with_header(status, "Retry-After", &seconds.to_string()))
        }
        Answer::Redirect(status, location) => Some(with_header(status, "Location", location)),
        Answer::Never => None,
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            // The panic of the thread is on stderr already.
            let _ = thread.join();
        }
    }
}
