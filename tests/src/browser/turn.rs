//! Only so many browsers at once: each is half a dozen processes, and ten of them would keep each
//! other from loading a page in time.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

const AT_ONCE: usize = 2;

static RUNNING: Mutex<usize> = Mutex::new(0);
static ENDED: Condvar = Condvar::new();

/// The right to have a browser, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn(());

impl Turn {
    /// Waits without a limit: those who have a browser have limits.
    pub(super) fn wait() -> Self {
        let mut running = ENDED
            .wait_while(running(), |running| *running >= AT_ONCE)
            .unwrap_or_else(PoisonError::into_inner);
        *running += 1;
        Self(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *running() -= 1;
        ENDED.notify_one();
    }
}

fn running() -> MutexGuard<'static, usize> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}
