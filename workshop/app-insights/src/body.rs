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

/// The maximum time for a body to arrive, including the wait for a permit.
const READ_TIME: Duration = Duration::from_secs(10);
/// The maximum size of a small body, in bytes. A small body needs no permit, so that slow senders
/// of large bodies, which can hold all permits, do not block the senders of small bodies.
pub(crate) const SMALL: usize = 64 << 10;
/// The maximum number of large bodies in memory at the same time.
const MAX_LARGE: usize = 16;

/// The reason to refuse a request: the status and a sentence.
pub(crate) type Refusal = (StatusCode, String);

/// A body, with its permit if it is large.
pub(crate) struct Received {
    pub(crate) bytes: Vec<u8>,
    permit: Option<OwnedSemaphorePermit>,
}

/// Reads bodies. All clones share the limit.
#[derive(Clone)]
pub(crate) struct Reader(Arc<Semaphore>);

impl Reader {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MAX_LARGE)))
    }

    /// Reads a body of at most `max` bytes.
    pub(crate) async fn read(&self, body: Body, max: usize) -> Result<Received, Refusal> {
        // Refuses a body whose announced length is too large, before the client sends the body.
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
            // The other frames are trailers, which have no meaning here.
            let Ok(data) = frame.into_data() else { continue };
            let length = received.bytes.len() + data.len();
            if length > max {
                return Err(too_large(max));
            }
            if length > SMALL && received.permit.is_none() {
                received.permit = Arc::clone(&self.0).acquire_owned().await.ok();
                // Reserves the memory in one step, because a growing vector can take twice the
                // memory.
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
