//! Reads the output of a program while it runs, so that the program never waits for a reader.

use std::{
    collections::VecDeque,
    io::{Read, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// One of the two outputs of a program.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

/// The captured output of one program.
#[derive(Debug)]
pub(crate) struct Capture {
    shared: Arc<Shared>,
    limit: usize,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    streams: [Captured; 2],
    /// Counts the changes, so that a waiting thread misses none.
    version: u64,
}

#[derive(Debug, Default)]
struct Captured {
    output: Bounded,
    /// Whether a thread reads the stream.
    open: bool,
    /// Whether the thread should stop reading and close its end of the pipe.
    closing: bool,
}

impl Capture {
    /// Keeps at most `limit` bytes of each stream.
    pub(crate) fn new(limit: usize) -> Self {
        Self { shared: Arc::default(), limit }
    }

    /// Reads `pipe` to its end, on a thread.
    pub(crate) fn read(&self, stream: Stream, mut pipe: impl Read + Send + 'static) {
        let shared = Arc::clone(&self.shared);
        let mut state = shared.lock();
        state.streams[stream as usize].output = Bounded::new(self.limit);
        state.streams[stream as usize].open = true;
        drop(state);
        thread::spawn(move || {
            let mut chunk = [0; 8192];
            loop {
                let read = pipe.read(&mut chunk).unwrap_or(0);
                let mut state = shared.lock();
                let captured = &mut state.streams[stream as usize];
                captured.output.push(&chunk[..read]);
                captured.open = read > 0 && !captured.closing;
                let open = captured.open;
                state.version += 1;
                shared.changed.notify_all();
                if !open {
                    return;
                }
            }
        });
    }

    /// Stops reading after the next output.
    pub(crate) fn close(&self, stream: Stream) {
        self.shared.lock().streams[stream as usize].closing = true;
    }

    pub(crate) fn text(&self, stream: Stream) -> String {
        self.shared.lock().streams[stream as usize].output.text()
    }

    /// The length of all output, including the part that was left out.
    pub(crate) fn len(&self, stream: Stream) -> u64 {
        self.shared.lock().streams[stream as usize].output.total
    }

    /// Whether more output may come.
    pub(crate) fn is_open(&self, stream: Stream) -> bool {
        self.shared.lock().streams[stream as usize].open
    }

    /// The number of changes so far.
    pub(crate) fn version(&self) -> u64 {
        self.shared.lock().version
    }

    /// Waits at most `limit` for a change after `version`.
    pub(crate) fn wait_for_change(&self, version: u64, limit: Duration) {
        let unchanged = |state: &mut State| state.version == version;
        drop(self.shared.changed.wait_timeout_while(self.shared.lock(), limit, unchanged));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the beginning and the end of output of any length.
#[derive(Debug, Default)]
pub(crate) struct Bounded {
    /// The limit for each of the two parts.
    limit: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    total: u64,
}

impl Bounded {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit: limit.div_ceil(2), ..Self::default() }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let (head, tail) = bytes.split_at(bytes.len().min(self.limit - self.head.len()));
        self.head.extend_from_slice(head);
        self.tail.extend(tail);
        let excess = self.tail.len().saturating_sub(self.limit);
        self.tail.drain(..excess);
    }

    /// The output as text, with a mark where a part was left out.
    pub(crate) fn text(&self) -> String {
        let kept = (self.head.len() + self.tail.len()) as u64;
        let mut bytes = self.head.clone();
        if self.total > kept {
            let mark = format!("\n[{} bytes left out]\n", self.total - kept);
            bytes.extend_from_slice(mark.as_bytes());
        }
        let (first, second) = self.tail.as_slices();
        bytes.extend_from_slice(first);
        bytes.extend_from_slice(second);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(limit: usize, chunks: &[&str]) -> String {
        let mut output = Bounded::new(limit);
        for chunk in chunks {
            output.push(chunk.as_bytes());
        }
        output.text()
    }

    #[test]
    fn output_within_the_limit_is_kept_whole() {
        assert_eq!(captured(10, &["0123", "456789"]), "0123456789");
        assert_eq!(captured(10, &[]), "");
    }

    #[test]
    fn longer_output_keeps_its_beginning_and_its_end() {
        let expected = "01234\n[3 bytes left out]\n89abc";
        assert_eq!(captured(10, &["0123456789abc"]), expected);
        assert_eq!(captured(10, &["012", "345678", "9abc"]), expected);
    }

    #[test]
    fn a_character_that_was_cut_becomes_a_replacement() {
        assert_eq!(captured(2, &["é", "abc"]).chars().last(), Some('c'));
    }
}
