//! Reads the body of a request in bounded time and memory.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, HttpBody},
    http::{HeaderMap, StatusCode, header},
};
use http_body_util::BodyExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// The longest time for a body to arrive, including the wait for a permit.
const READ_TIME: Duration = Duration::from_secs(10);
/// The most bytes of a small body, which needs no permit: slow senders of large bodies, who hold
/// all permits, do not keep out the senders of small ones.
pub(crate) const SMALL: usize = 64 << 10;
/// The most large bodies in memory at the same time.
const MAX_LARGE: usize = 16;

/// Why a request is refused: the status, and a sentence.
pub(crate) type Refusal = (StatusCode, String);

/// A body, with its permit if it is large.
pub(crate) struct Received {
    pub(crate) bytes: Vec<u8>,
    permit: Option<OwnedSemaphorePermit>,
}

/// Reads bodies. The limit is shared by all clones.
#[derive(Clone)]
pub(crate) struct Reader(Arc<Semaphore>);

impl Reader {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MAX_LARGE)))
    }

    /// Reads a body of at most `max` bytes.
    pub(crate) async fn read(&self, body: Body, max: usize) -> Result<Received, Refusal> {
        // A client that announces too much need not send it first.
        if body.size_hint().lower() > max as u64 {
            return Err(too_large(max));
        }
        timeout(READ_TIME, self.read_all(body, max)).await.unwrap_or_else(|_| {
            Err((StatusCode::REQUEST_TIMEOUT, "The body took too long to arrive".to_owned()))
        })
    }

    async fn read_all(&self, mut body: Body, max: usize) -> Result<Received, Refusal> {
        let mut received = Received { bytes: Vec::new(), permit: None };
        while let Some(frame) = body.frame().await {
            let frame = frame
                .map_err(|_| (StatusCode::BAD_REQUEST, "The body could not be read".to_owned()))?;
            // The other frames are trailers, which mean nothing here.
            let Ok(data) = frame.into_data() else { continue };
            let length = received.bytes.len() + data.len();
            if length > max {
                return Err(too_large(max));
            }
            if length > SMALL && received.permit.is_none() {
                received.permit = Arc::clone(&self.0).acquire_owned().await.ok();
                // At once: a vector that grows may take twice the memory.
                received.bytes.reserve_exact(max - received.bytes.len());
            }
            received.bytes.extend_from_slice(&data);
        }
        Ok(received)
    }
}

/// The media type of the body in lower case, without its parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = value.unwrap_or_default().split(';').next().unwrap_or_default();
    media_type.trim().to_ascii_lowercase()
}

fn too_large(max: usize) -> Refusal {
    (StatusCode::PAYLOAD_TOO_LARGE, format!("The body is larger than {max} bytes"))
}
