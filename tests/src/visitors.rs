//! Visitors of the steps, for tests that watch the Application Insights stand-in.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

use harness::Running;

use crate::{azure, executable, step};

/// The pause between two visits of a visitor. Each visit opens a new connection, and a system has a
/// limited number of ports.
const PAUSE: Duration = Duration::from_millis(20);

/// The number of concurrent visitors. Step 05 takes a second and a half for each visit, and one
/// slow visit should not decide an evaluation. Step 04 answers at once, so two visitors make far
/// more visits.
fn visitors(number: u8) -> usize {
    if number == 5 { 20 } else { 2 }
}

/// Runs step 04 or 05 under its visitors until `done` returns. The step exports once a second.
pub fn visited<T>(number: u8, stand_in: &Running, done: impl FnOnce() -> T) -> T {
    // Build both steps first: a compilation between them would mean minutes without visitors, and
    // an alert would be resolved for lack of data.
    for step in ["step-04", "step-05"] {
        executable(step);
    }
    let app = azure(step(number), stand_in.address());
    let app = app.env("OTEL_METRIC_EXPORT_INTERVAL", "1000").start().expect("the step runs");
    let result = visited_by(visitors(number), &app, done);
    let finished = app.stop().expect("the step ends");
    assert!(finished.status.success(), "{}", finished.stderr);
    result
}

/// Sends concurrent visitors to an app until `done` returns.
pub fn visited_by<T>(visitors: usize, app: &Running, done: impl FnOnce() -> T) -> T {
    let (over, ended) = (Mutex::new(false), Condvar::new());
    let lock = || over.lock().unwrap_or_else(PoisonError::into_inner);
    let visit = || {
        while !*lock() {
            app.get("/Ada/").expect("the step answers");
            drop(ended.wait_timeout_while(lock(), PAUSE, |over| !*over));
        }
    };
    thread::scope(|scope| {
        for _ in 0..visitors {
            scope.spawn(visit);
        }
        // The visitors have to end even after a panic.
        let result = catch_unwind(AssertUnwindSafe(done));
        *lock() = true;
        ended.notify_all();
        result.unwrap_or_else(|panic| resume_unwind(panic))
    })
}
