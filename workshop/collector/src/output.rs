//! Where the text goes: one request after the other, whole, at once.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use tokio::sync::Mutex;

use crate::answer::Refusal;
use crate::{print, say};

/// The one place that decodes and prints. A request has it to itself meanwhile, so that texts
/// never mix, and however many clients send at once, only one decoded request is in memory.
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

    /// Decodes a request and prints it; returns when all of it is written.
    pub(crate) async fn print(
        &self,
        decode: impl FnOnce() -> Result<ExportMetricsServiceRequest, Refusal> + Send + 'static,
    ) -> Result<(), Refusal> {
        let mut sink = self.0.clone().lock_owned().await;
        // Decoding takes a while, and whoever reads the text may stop reading: neither may hold up
        // the other connections. A client that leaves does not stop it: a text is printed whole.
        let printed = tokio::task::spawn_blocking(move || {
            let request = decode()?;
            sink.write(&request);
            Ok(())
        });
        printed.await.unwrap_or(Err(Refusal::Bug))
    }
}

impl Sink {
    /// A text that cannot be written is lost, as in the Collector: the client did nothing wrong.
    fn write(&mut self, request: &ExportMetricsServiceRequest) {
        let mut buffered = BufWriter::with_capacity(64 * 1024, &mut self.out);
        let written = print::write(request, &mut buffered).and_then(|()| buffered.flush());
        // Dropped with an error, the buffer would try once more to write what is left in it.
        drop(buffered.into_parts());
        match written {
            Ok(()) => self.failing = false,
            Err(_) if self.failing => {}
            Err(error) => {
                self.failing = true;
                say(&complaint(&error));
            }
        }
    }
}

fn complaint(error: &io::Error) -> String {
    format!("Cannot print the metrics ({error}); still accepting requests.")
}
