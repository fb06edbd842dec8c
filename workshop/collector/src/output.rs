//! Writes the text of each request to the output, one request at a time.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::answer::Refusal;
use crate::request::ExportRequest;
use crate::say;

/// Decodes and prints one request at a time, so that texts are never interleaved and only one
/// decoded request is in memory.
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
        // Decoding is slow, and writing blocks when the reader of stdout stops reading. In a
        // separate thread, neither blocks the other connections. The thread continues when the
        // client disconnects, so the text is always complete.
        let printed = tokio::task::spawn_blocking(move || {
            let request = decode()?;
            sink.write(&request);
            Ok(())
        });
        printed.await.unwrap_or(Err(Refusal::Bug))
    }
}

impl Sink {
    /// Writes the text of a request. After an I/O error, the text is lost, as in the Collector. The
    /// client does not receive the error, because its request was valid.
    fn write(&mut self, request: &impl ExportRequest) {
        let mut buffered = BufWriter::with_capacity(64 * 1024, &mut self.out);
        let written = request.write(&mut buffered).and_then(|()| buffered.flush());
        // After an error, dropping the buffer would try to write its content again.
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
