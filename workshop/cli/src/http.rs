//! A GET request to a program on this machine: enough to tell who listens there.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Of an answer, in bytes. Who listens there may be anybody, and may talk for ever.
const MOST: u64 = 256 * 1024;

/// The answer to `GET path` at `address`, head and body, or its beginning.
///
/// # Errors
/// When nobody listens there, or does not answer within `limit`.
pub async fn get(address: SocketAddr, path: &str, limit: Duration) -> io::Result<String> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(MOST).read_to_end(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    timeout(limit, exchange).await.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
}
