//! Prints lines without blocking the server.
//!
//! A pipe whose reader is slow (`| less`) blocks the thread that writes to the pipe. So a separate
//! thread writes all lines. Lines that do not fit into its queue are left out and counted.

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

use tokio::{sync::oneshot, time::timeout};

/// The maximum number of lines in the queue.
const MAX_WAITING: usize = 1024;
/// The maximum time to wait for a reader at the end.
const FINISH_TIME: Duration = Duration::from_secs(1);

enum Line {
    Out(String),
    Err(String),
    End,
}

/// Writes lines to two streams, in order.
#[derive(Clone)]
pub(crate) struct Printer {
    lines: SyncSender<Line>,
    left_out: Arc<AtomicUsize>,
}

/// The thread that writes.
pub(crate) struct Writer {
    lines: SyncSender<Line>,
    done: oneshot::Receiver<()>,
}

impl Printer {
    /// Starts the thread that writes. A closed stream is ignored.
    pub(crate) fn start(
        out: impl Write + Send + 'static,
        err: impl Write + Send + 'static,
    ) -> std::io::Result<(Self, Writer)> {
        let (lines, waiting) = sync_channel(MAX_WAITING);
        let (written, done) = oneshot::channel();
        let left_out = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&left_out);
        thread::Builder::new().name("printer".into()).spawn(move || {
            write_all(&waiting, out, err, &counter);
            // The receiver may be gone.
            let _ = written.send(());
        })?;
        let writer = Writer { lines: lines.clone(), done };
        Ok((Self { lines, left_out }, writer))
    }

    /// Prints a line on the first stream.
    pub(crate) fn out(&self, line: String) {
        self.send(Line::Out(line));
    }

    /// Prints a line on the second stream.
    pub(crate) fn err(&self, line: String) {
        self.send(Line::Err(line));
    }

    fn send(&self, line: Line) {
        if self.lines.try_send(line).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Writer {
    /// Writes all lines in the queue, for a bounded time, and ends the thread.
    pub(crate) async fn finish(self) {
        // An error means that the queue is full because the reader is stuck.
        let _ = self.lines.try_send(Line::End);
        let _ = timeout(FINISH_TIME, self.done).await;
    }
}

fn write_all(
    waiting: &Receiver<Line>,
    mut out: impl Write,
    mut err: impl Write,
    left_out: &AtomicUsize,
) {
    // One stream may be closed (`| head -1`) while the other is still read.
    for line in waiting {
        let _ = match line {
            Line::Out(line) => writeln!(out, "{line}").and_then(|()| out.flush()),
            Line::Err(line) => writeln!(err, "{line}").and_then(|()| err.flush()),
            Line::End => return,
        };
        let missed = left_out.swap(0, Ordering::Relaxed);
        if missed > 0 {
            let _ = writeln!(err, "{missed} lines were not printed: the reader was too slow");
        }
    }
}
