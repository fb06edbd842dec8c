//! A client that sends exactly what it is told, right or wrong.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A request, byte for byte under the test's control.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: &'static str,
    pub path: &'static str,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn post(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: "POST",
            path: "/v1/metrics",
            headers: vec![("Content-Type", content_type.to_owned())],
            body: body.into(),
        }
    }

    pub fn get(path: &'static str) -> Self {
        Self { method: "GET", path, headers: Vec::new(), body: Vec::new() }
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Sends the request on a connection of its own and waits for the whole answer.
    pub fn send(&self, to: SocketAddr) -> Answer {
        let answer = self.try_send(to);
        answer.unwrap_or_else(|| panic!("no answer to {} {}", self.method, self.path))
    }

    /// The same, when the server may close the connection without an answer.
    pub fn try_send(&self, to: SocketAddr) -> Option<Answer> {
        let mut connection = connect(to);
        // A server that refuses early may close the connection under a large body.
        let _ = connection.write_all(&self.head()).and_then(|()| connection.write_all(&self.body));
        let mut answer = Vec::new();
        let _ = connection.read_to_end(&mut answer);
        parse(&answer)
    }

    pub fn head(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        let _ = write!(head, "Host: collector\r\nConnection: close\r\n");
        let _ = write!(head, "Content-Length: {}\r\n", self.body.len());
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

pub fn connect(to: SocketAddr) -> TcpStream {
    let connection = TcpStream::connect(to).expect("connecting");
    connection.set_read_timeout(Some(Duration::from_secs(60))).expect("setting a timeout");
    connection
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn parse(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers =
        headers.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
    Some(Answer { status, headers, body: answer[end + 4..].to_vec() })
}
