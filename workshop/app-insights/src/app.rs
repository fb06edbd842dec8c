//! The state that every request shares.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::{alerts::Alerts, background::Background, printer::Printer, store::Store};

/// Requests whose bodies are held at the same time unless they are small: 64 MiB at the very most.
const MAX_READING: usize = 16;
/// Bodies that are unpacked at the same time. Unpacked, they take the most memory.
const MAX_UNPACKING: usize = 1;

/// The state that every request shares.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Arc<Store>,
    pub(crate) alerts: Arc<Alerts>,
    pub(crate) printer: Printer,
    /// Where answers are made that take a while.
    pub(crate) background: Background,
    /// Held by a request while its body is in memory and not small.
    pub(crate) reading: Arc<Semaphore>,
    /// Held by a request while its body is being unpacked.
    pub(crate) unpacking: Arc<Semaphore>,
}

impl App {
    pub(crate) fn new(
        store: Arc<Store>,
        alerts: Arc<Alerts>,
        printer: Printer,
        background: Background,
    ) -> Self {
        let reading = Arc::new(Semaphore::new(MAX_READING));
        let unpacking = Arc::new(Semaphore::new(MAX_UNPACKING));
        Self { store, alerts, printer, background, reading, unpacking }
    }
}
