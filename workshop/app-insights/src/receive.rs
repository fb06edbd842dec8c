//! Reads the body of a request that brings telemetry, in bounded time and memory.

use std::{future::poll_fn, pin::Pin, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::StatusCode,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use crate::body::MAX_SENT;

/// How long a body may take to arrive, waiting for its turn included.
const READ_TIME: Duration = Duration::from_secs(10);
/// Up to this size, in bytes, a body needs no permit: whoever sends large ones slowly, and so holds
/// all permits, does not keep the small ones of everybody else out.
const SMALL: usize = 64 << 10;

/// A body, with the permit to hold it if it is not small.
pub(crate) struct Received {
    pub(crate) body: Vec<u8>,
    pub(crate) held: Option<OwnedSemaphorePermit>,
}

/// Why a request is refused: the status, and a sentence.
pub(crate) type Refusal = (StatusCode, String);

/// Reads a body. `large` has the permits for bodies that are not small.
pub(crate) async fn receive(mut body: Body, large: &Arc<Semaphore>) -> Result<Received, Refusal> {
    // A client that announces too much need not send it first.
    if body.size_hint().lower() > MAX_SENT as u64 {
        return Err(too_large());
    }
    let deadline = Instant::now() + READ_TIME;
    let late = |what: &str| (StatusCode::REQUEST_TIMEOUT, what.to_owned());
    let mut received = Received { body: Vec::new(), held: None };
    loop {
        let chunk = timeout_at(deadline, next(&mut body)).await;
        let Some(chunk) = chunk.map_err(|_| late("The body took too long to arrive"))? else {
            return Ok(received);
        };
        let chunk = chunk
            .map_err(|_| (StatusCode::BAD_REQUEST, "The body could not be read".to_owned()))?;
        let length = received.body.len() + chunk.len();
        if length > MAX_SENT {
            return Err(too_large());
        }
        if length > SMALL && received.held.is_none() {
            let permit = timeout_at(deadline, Arc::clone(large).acquire_owned()).await;
            let permit = permit.map_err(|_| late("Too many large bodies arrive at once"))?;
            received.held = permit.ok();
            // At once, or it would grow to up to twice of what is needed.
            received.body.reserve_exact(MAX_SENT - received.body.len());
        }
        received.body.extend_from_slice(&chunk);
    }
}

/// The next piece of a body, or `None` at its end.
async fn next(body: &mut Body) -> Option<Result<Bytes, axum::Error>> {
    loop {
        match poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await? {
            Ok(frame) => {
                // What is no data are trailers, which mean nothing here.
                if let Ok(data) = frame.into_data() {
                    return Some(Ok(data));
                }
            }
            Err(error) => return Some(Err(error)),
        }
    }
}

fn too_large() -> Refusal {
    (StatusCode::PAYLOAD_TOO_LARGE, format!("The body is larger than {MAX_SENT} bytes"))
}
