//! `cargo workshop`: opens the classroom.
//!
//! [`commands`] has a file for each subcommand. What they share: [`workspace`] finds the folder,
//! [`book`] builds the book and `complaints` hears what mdBook merely logs, [`site`] holds a built
//! book in memory, [`server`] shows it with `reload.js` in each page, [`watch`] notices changes,
//! [`stand_ins`] starts the two stand-ins, [`copy`] puts a book into a folder of the user's,
//! [`doctor`] looks at the machine, [`pack`] gathers what goes on a stick, [`rehearse`] runs
//! everything once, [`mod@cargo`] and [`ask`] run other programs, [`http`] asks who listens,
//! [`size`] says how big, [`stop`] waits for Ctrl-C.

use std::io::Write as _;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

pub mod ask;
pub mod book;
pub mod cargo;
pub mod commands;
mod complaints;
pub mod copy;
pub mod doctor;
pub mod http;
pub mod pack;
pub mod rehearse;
pub mod server;
pub mod site;
pub mod size;
pub mod stand_ins;
pub mod stop;
pub mod watch;
pub mod workspace;

/// Prints a line on stderr. Unlike `eprintln!` it does not panic when stderr is closed.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Does `work` and says what is going on when it takes over a second, and then every ten, so that
/// nobody takes the silence for an error.
pub fn with_progress<T>(doing: &str, work: impl FnOnce() -> T) -> T {
    let (done, waiting) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let start = Instant::now();
            let silent = |time| waiting.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
            if silent(Duration::from_secs(1)) {
                say(&format!("{doing} ..."));
            } else {
                return;
            }
            while silent(Duration::from_secs(10)) {
                say(&format!("{doing} ... for {} s", start.elapsed().as_secs()));
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
