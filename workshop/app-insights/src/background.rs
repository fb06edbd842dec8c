//! Runs slow work in separate threads, a few at a time.
//!
//! One thread serves all connections. If the store is full, a screen can take a while to render,
//! and telemetry must not wait for the screen. Nor must the screens together use all cores or much
//! memory.

use std::sync::Arc;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// The maximum number of screens and JSON responses that are made at the same time; others wait.
const MAX_AT_ONCE: usize = 2;

/// Makes responses. All clones share the limit.
#[derive(Clone)]
pub(crate) struct Background(Arc<Semaphore>);

impl Background {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MAX_AT_ONCE)))
    }

    /// Makes a response.
    pub(crate) async fn respond<R>(&self, make: impl FnOnce() -> R + Send + 'static) -> Response
    where
        R: IntoResponse,
    {
        // An error occurs only when the program ends.
        let permit = Arc::clone(&self.0).acquire_owned().await.ok();
        let work = move || {
            // The thread holds the permit, because the request is dropped if its client
            // disconnects.
            let _permit = permit;
            make().into_response()
        };
        let failed =
            |_| (StatusCode::INTERNAL_SERVER_ERROR, "The stand-in failed.\n").into_response();
        spawn_blocking(work).await.unwrap_or_else(failed)
    }
}
