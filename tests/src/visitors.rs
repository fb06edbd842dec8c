//! Whoever looks at step 04 or 05 while a test watches the Application Insights stand-in.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

use harness::Running;

use crate::{azure, executable, step};

/// From one visit of a visitor to the next. No connection is used twice, and a system has only so
/// many ports.
const PAUSE: Duration = Duration::from_millis(20);

/// How many visit a step at a time. Step 05 takes a second and a half for each, and no evaluation
/// should depend on the luck of one. Step 04 answers at once: two outnumber those twenty by far.
fn visitors(number: u8) -> usize {
    if number == 5 { 20 } else { 2 }
}

/// Runs step 04 or 05 under its visitors until `done` returns. It tells `stand_in` once a second.
///
/// # Panics
/// When `done` does, and when the step does not run, answer or end.
pub fn visited<T>(number: u8, stand_in: &Running, done: impl FnOnce() -> T) -> T {
    // While a compiler ran between two steps, nobody would visit either, and an alert be resolved
    // for want of data.
    for step in ["step-04", "step-05"] {
        executable(step);
    }
    let app = azure(step(number), stand_in.address());
    let app = app.env("OTEL_METRIC_EXPORT_INTERVAL", "1000").start().expect("the step runs");
    let (over, ended) = (Mutex::new(false), Condvar::new());
    let lock = || over.lock().unwrap_or_else(PoisonError::into_inner);
    let visit = || {
        while !*lock() {
            app.get("/Ada/").expect("the step answers");
            drop(ended.wait_timeout_while(lock(), PAUSE, |over| !*over));
        }
    };
    let result = thread::scope(|scope| {
        for _ in 0..visitors(number) {
            scope.spawn(visit);
        }
        // Whatever becomes of it, the visitors must not go on for ever.
        let result = catch_unwind(AssertUnwindSafe(done));
        *lock() = true;
        ended.notify_all();
        result.unwrap_or_else(|panic| resume_unwind(panic))
    });
    let finished = app.stop().expect("the step ends");
    assert!(finished.status.success(), "{}", finished.stderr);
    result
}
