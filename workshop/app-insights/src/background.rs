//! Runs slow work in threads of its own, a few at a time.
//!
//! One thread serves all connections. With a full store a screen may take a while, and telemetry
//! must not wait for it. Screens must not take all cores or much memory together, either.

use std::sync::Arc;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// The most screens and JSON answers that are made at the same time; the others wait.
const MAX_AT_ONCE: usize = 2;

/// Makes answers. The limit is shared by all clones.
#[derive(Clone)]
pub(crate) struct Background(Arc<Semaphore>);

impl Background {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MAX_AT_ONCE)))
    }

    /// Makes an answer.
    pub(crate) async fn respond<R>(&self, make: impl FnOnce() -> R + Send + 'static) -> Response
    where
        R: IntoResponse,
    {
        // An error occurs only at the end of the program.
        let permit = Arc::clone(&self.0).acquire_owned().await.ok();
        let work = move || {
            // The thread holds the permit: the request is dropped when its client disconnects.
            let _permit = permit;
            make().into_response()
        };
        let failed =
            |_| (StatusCode::INTERNAL_SERVER_ERROR, "The stand-in failed.\n").into_response();
        spawn_blocking(work).await.unwrap_or_else(failed)
    }
}
