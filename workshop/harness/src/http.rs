//! HTTP for tests: requests whose every byte the caller controls, and ordinary requests.
//!
//! Both have a time limit and a limit on the size of the response, because any program may be on
//! the other side.

use std::{
    io::{self, BufRead as _, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use ureq::{
    Agent,
    http::{HeaderName, HeaderValue},
};

pub use ureq::http::HeaderMap;

/// Enough for every response of a working program, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);
/// The maximum number of bytes that are read of a response.
const MOST: u64 = 16 * 1024 * 1024;

/// A response.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it arrived.
    pub body: Vec<u8>,
}

impl Reply {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Parses a response; `None` if its head is not complete.
    pub fn parse(answer: &[u8]) -> Option<Self> {
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&answer[..end]);
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let mut headers = HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            headers.append(name, HeaderValue::from_str(value.trim()).ok()?);
        }
        Some(Self { status, headers, body: answer[end + 4..].to_vec() })
    }
}

/// A request that is sent as it is, valid or not.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path and the query.
    pub path: String,
    /// The headers. `Host`, `Connection: close` and `Content-Length` are added if they are
    /// missing.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The maximum duration of the exchange.
    pub limit: Duration,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_string(),
            path: path.to_string(),
            headers: Vec::new(),
            body: Vec::new(),
            limit: LIMIT,
        }
    }

    /// A GET request.
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// A POST request with a body.
    pub fn post(path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::new("POST", path).with("Content-Type", content_type) }
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_string(), value.to_string()));
        self
    }

    /// Sets the maximum duration of the exchange.
    #[must_use]
    pub fn limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// The request line and the headers.
    pub fn head(&self, host: SocketAddr) -> Vec<u8> {
        let mut headers = vec![
            ("Host".to_string(), host.to_string()),
            ("Connection".to_string(), "close".to_string()),
            ("Content-Length".to_string(), self.body.len().to_string()),
        ];
        headers.retain(|(name, _)| {
            !self.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
        });
        headers.extend_from_slice(&self.headers);
        let lines = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        let lines: String = lines.collect();
        format!("{} {} HTTP/1.1\r\n{lines}\r\n", self.method, self.path).into_bytes()
    }

    /// Sends the request on a connection of its own and reads the whole response.
    pub fn send(&self, to: SocketAddr) -> io::Result<Reply> {
        let answer = exchange(to, &[self.head(to), self.body.clone()].concat(), self.limit)?;
        let no_answer = || {
            let (method, path) = (&self.method, &self.path);
            io::Error::other(format!("no answer to {method} {path} from {to}"))
        };
        Reply::parse(&answer).ok_or_else(no_answer)
    }
}

/// Sends `bytes` and reads until the server closes the connection, for at most `limit`.
pub fn exchange(to: SocketAddr, bytes: &[u8], limit: Duration) -> io::Result<Vec<u8>> {
    let deadline = Instant::now() + limit;
    let mut connection = connect(to, limit)?;
    // A server that rejects a request early may close the connection before it has read
    // everything. Its response is valid nevertheless.
    let sent = connection.write_all(bytes);
    let mut answer = Vec::new();
    let read = read_until(deadline, &mut connection, &mut answer);
    if answer.is_empty() {
        sent?;
        read?;
    }
    Ok(answer)
}

fn read_until(
    deadline: Instant,
    connection: &mut TcpStream,
    answer: &mut Vec<u8>,
) -> io::Result<()> {
    let mut chunk = [0; 8192];
    while (answer.len() as u64) < MOST {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        connection.set_read_timeout(Some(left))?;
        let read = connection.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        answer.extend_from_slice(&chunk[..read]);
    }
    Ok(())
}

/// A connection that stays open, like those of exporters, browsers and load generators.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
    to: SocketAddr,
}

impl Connection {
    /// Connects to a server.
    pub fn open(to: SocketAddr) -> io::Result<Self> {
        let stream = connect(to, LIMIT)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), to })
    }

    /// Sends a request, reads the whole response, and returns its status. The response must have
    /// a `Content-Length`.
    pub fn status(&mut self, request: &Request) -> io::Result<u16> {
        let head = request.clone().with("Connection", "keep-alive").head(self.to);
        self.stream.get_mut().write_all(&[head, request.body.clone()].concat())?;
        let (mut status, mut length) = (None, 0);
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest.get(..3).and_then(|status| status.parse().ok());
            } else if let Some(rest) = line.strip_prefix("content-length: ") {
                length = rest.parse().map_err(io::Error::other)?;
            } else if line.is_empty() {
                break;
            }
        }
        io::copy(&mut (&mut self.stream).take(length), &mut io::sink())?;
        status.ok_or_else(|| io::Error::other(format!("no answer from {}", self.to)))
    }
}

/// Opens a connection whose reads and writes take at most `limit`.
pub fn connect(to: SocketAddr, limit: Duration) -> io::Result<TcpStream> {
    let connection = TcpStream::connect_timeout(&to, limit)?;
    connection.set_read_timeout(Some(limit))?;
    connection.set_write_timeout(Some(limit))?;
    Ok(connection)
}

/// Sends an ordinary GET request. Redirects are not followed, and no status is an error.
pub fn get(url: &str) -> io::Result<Reply> {
    Client::new(LIMIT).get(url)
}

/// Sends an ordinary POST request. Redirects are not followed, and no status is an error.
pub fn post(url: &str, content_type: &str, body: &[u8]) -> io::Result<Reply> {
    Client::new(LIMIT).post(url, content_type, body)
}

/// An ordinary client, which keeps its connections.
#[derive(Debug)]
pub(crate) struct Client(Agent);

impl Client {
    pub(crate) fn new(limit: Duration) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(limit))
            .build()
            .new_agent();
        Self(agent)
    }

    pub(crate) fn get(&self, url: &str) -> io::Result<Reply> {
        reply(self.0.get(url).call())
    }

    fn post(&self, url: &str, content_type: &str, body: &[u8]) -> io::Result<Reply> {
        reply(self.0.post(url).content_type(content_type).send(body))
    }
}

fn reply(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> io::Result<Reply> {
    let mut response = response.map_err(ureq::Error::into_io)?;
    let body = response.body_mut().with_config().limit(MOST).read_to_vec();
    Ok(Reply {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: body.map_err(ureq::Error::into_io)?,
    })
}
