//! `cargo workshop`: serves the book and both stand-ins, and prepares machines for a class.
//!
//! [`commands`] has a file for each subcommand, and the other modules have their parts.

use std::io::Write as _;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

pub mod book;
pub mod cargo;
pub mod commands;
pub mod doctor;
pub mod files;
pub mod output;
pub mod pack;
pub mod rehearse;
pub mod server;
pub mod stand_ins;
pub mod stop;
mod warnings;
pub mod watch;
pub mod workspace;

/// Prints a line on stderr. Unlike `eprintln!`, it does not panic when stderr is closed.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Runs `work`, and prints `doing` after one second and then every ten seconds.
pub fn with_progress<T>(doing: &str, work: impl FnOnce() -> T) -> T {
    let (done, waiting) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let start = Instant::now();
            let still_runs = |time| waiting.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
            if !still_runs(Duration::from_secs(1)) {
                return;
            }
            say(&format!("{doing} ..."));
            while still_runs(Duration::from_secs(10)) {
                say(&format!("{doing} ... for {} s", start.elapsed().as_secs()));
            }
        });
        let result = work();
        drop(done);
        result
    })
}

/// The time since `start`, such as `0.4 s`.
pub fn seconds(start: Instant) -> String {
    format!("{:.1} s", start.elapsed().as_secs_f64())
}
