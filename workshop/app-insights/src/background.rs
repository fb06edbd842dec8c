//! Answers that take a while, in threads of their own and few at a time.
//!
//! The server has one thread for all connections. With a full store an answer may take a while, and
//! telemetry must not wait for that. Nor may answers take all cores or much memory together: more
//! than a few wait for one another.

use std::sync::Arc;

use tokio::{sync::Semaphore, task::spawn_blocking};

/// Answers that are made at the same time, screens and JSON together; the others wait.
const MAX_AT_ONCE: usize = 2;

/// Where answers are made. Its clones share the limit.
#[derive(Clone)]
pub(crate) struct Background(Arc<Semaphore>);

impl Background {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MAX_AT_ONCE)))
    }

    /// Does the work when it is its turn; `None` if it failed.
    pub(crate) async fn run<T, W>(&self, work: W) -> Option<T>
    where
        T: Send + 'static,
        W: FnOnce() -> T + Send + 'static,
    {
        let permit = Arc::clone(&self.0).acquire_owned().await.ok()?;
        let work = move || {
            // Held here and not by the request: that one is gone as soon as its client is.
            let _held = permit;
            work()
        };
        spawn_blocking(work).await.ok()
    }
}
