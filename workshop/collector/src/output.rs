//! Writes the text of each request to the output, one request at a time.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::answer::Refusal;
use crate::request::ExportRequest;
use crate::say;

/// Decodes and prints one request at a time: texts never mix, and only one decoded request is in
/// memory.
#[derive(Clone)]
pub(crate) struct Output(Arc<Mutex<Sink>>);

struct Sink {
    out: Box<dyn Write + Send>,
    failing: bool,
}

impl Output {
    pub(crate) fn new(out: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Sink { out: Box::new(out), failing: false })))
    }

    /// Decodes a request and prints it. Returns after the whole text is written.
    pub(crate) async fn print<R: ExportRequest>(
        &self,
        decode: impl FnOnce() -> Result<R, Refusal> + Send + 'static,
    ) -> Result<(), Refusal> {
        let mut sink = self.0.clone().lock_owned().await;
        // Decoding is slow, and writing blocks when the reader of stdout stops reading. In a thread
        // of its own, neither blocks the other connections. The thread continues when the client
        // disconnects, so the text is always complete.
        let printed = tokio::task::spawn_blocking(move || {
            let request = decode()?;
            sink.write(&request);
            Ok(())
        });
        printed.await.unwrap_or(Err(Refusal::Bug))
    }
}

impl Sink {
    /// Writes a text. An I/O error loses the text, as in the Collector, and is not reported to the
    /// client, whose request was valid.
    fn write(&mut self, request: &impl ExportRequest) {
        let mut buffered = BufWriter::with_capacity(64 * 1024, &mut self.out);
        let written = request.write(&mut buffered).and_then(|()| buffered.flush());
        // Dropping the buffer would write the rest once more after an error.
        drop(buffered.into_parts());
        match written {
            Ok(()) => self.failing = false,
            Err(_) if self.failing => {}
            Err(error) => {
                self.failing = true;
                say(&warning(&error));
            }
        }
    }
}

fn warning(error: &io::Error) -> String {
    format!("Cannot print the telemetry ({error}); still accepting requests.")
}
