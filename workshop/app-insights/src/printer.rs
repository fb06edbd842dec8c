//! Prints lines without ever making the server wait for whoever reads them.
//!
//! A pipe that nobody reads (`| less`) would block the thread that writes to it. So one thread
//! does all the writing, and lines for which it has no time are left out and counted.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

/// Lines that may wait for their reader.
const MAX_WAITING: usize = 1024;
/// How long a reader is waited for at the end, at most.
const PATIENCE: Duration = Duration::from_secs(1);

enum Line {
    Out(String),
    Err(String),
    End,
}

/// Writes to two streams, each line at once, in the order in which they were given.
#[derive(Clone)]
pub struct Printer {
    lines: SyncSender<Line>,
    left_out: Arc<AtomicUsize>,
}

/// The thread that writes, to be waited for.
pub struct Writer {
    lines: SyncSender<Line>,
    done: oneshot::Receiver<()>,
}

impl Printer {
    /// Starts the thread that writes. A stream that is closed is no longer written to.
    ///
    /// # Errors
    ///
    /// When the thread cannot be started.
    pub fn start(
        out: impl Write + Send + 'static,
        err: impl Write + Send + 'static,
    ) -> std::io::Result<(Self, Writer)> {
        let (lines, waiting) = sync_channel(MAX_WAITING);
        let (written, done) = oneshot::channel();
        let left_out = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&left_out);
        thread::Builder::new().name("printer".into()).spawn(move || {
            write_all(&waiting, out, err, &counter);
            // Nobody may be waiting any more.
            let _ = written.send(());
        })?;
        let writer = Writer { lines: lines.clone(), done };
        Ok((Self { lines, left_out }, writer))
    }

    /// Prints a line on the first stream.
    pub fn out(&self, line: String) {
        self.send(Line::Out(line));
    }

    /// Prints a line on the second stream.
    pub fn err(&self, line: String) {
        self.send(Line::Err(line));
    }

    fn send(&self, line: Line) {
        if self.lines.try_send(line).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Writer {
    /// Waits, for a bounded time and not beyond `latest`, until all lines given so far are written,
    /// and ends it.
    pub async fn finish(self, latest: Instant) {
        // It fails when the queue is full: a reader that is stuck cannot be helped.
        let _ = self.lines.try_send(Line::End);
        let _ = timeout_at(latest.min(Instant::now() + PATIENCE), self.done).await;
    }
}

fn write_all(
    waiting: &Receiver<Line>,
    mut out: impl Write,
    mut err: impl Write,
    left_out: &AtomicUsize,
) {
    // Either may be closed (`| head -1`), which is no reason to stop serving or to stop the other.
    for line in waiting {
        let _ = match line {
            Line::Out(line) => writeln!(out, "{line}").and_then(|()| out.flush()),
            Line::Err(line) => writeln!(err, "{line}").and_then(|()| err.flush()),
            Line::End => return,
        };
        let missed = left_out.swap(0, Ordering::Relaxed);
        if missed > 0 {
            let _ = writeln!(err, "{missed} lines were not printed: nobody read fast enough");
        }
    }
}
