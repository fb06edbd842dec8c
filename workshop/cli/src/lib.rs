//! `cargo workshop`: opens the classroom.
//!
//! [`commands`] has a file for each subcommand. What they share: [`workspace`] finds the folder,
//! [`book`] builds the book and `complaints` hears what mdBook merely logs, [`site`] holds a built
//! book in memory, [`server`] shows it with `reload.js` in each page, [`watch`] notices changes,
//! [`stand_ins`] starts the two stand-ins, [`copy`] puts a book into a folder of the user's,
//! [`stop`] waits for Ctrl-C.

use std::io::Write as _;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

pub mod book;
pub mod commands;
mod complaints;
pub mod copy;
pub mod server;
pub mod site;
pub mod stand_ins;
pub mod stop;
pub mod watch;
pub mod workspace;

/// Prints a line on stderr. Unlike `eprintln!` it does not panic when stderr is closed.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Does `work` and says what is going on when it takes over a second, so that nobody takes the
/// silence for an error.
pub fn with_progress<T>(doing: &str, work: impl FnOnce() -> T) -> T {
    let (done, waiting) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if waiting.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                say(&format!("{doing} ..."));
            }
        });
        let result = work();
        drop(done);
        result
    })
}

/// The time since `start` as a reader wants it: `0.4 s`.
#[must_use]
pub fn seconds(start: Instant) -> String {
    format!("{:.1} s", start.elapsed().as_secs_f64())
}
