//! What mdBook complains of. It logs a missing include as an error and goes on, so that a book
//! with a hole in it counts as built. Here every complaint counts.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber, subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry;

/// Does `work` and returns its result with every warning and error that this thread logged
/// meanwhile.
pub(crate) fn heard<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    let listener = Listener::default();
    let complaints = Arc::clone(&listener.complaints);
    // Only this thread, so that a test or a server beside it does not meddle.
    let result = subscriber::with_default(registry().with(listener), work);
    let mut complaints = complaints.lock().unwrap_or_else(PoisonError::into_inner);
    (result, std::mem::take(&mut *complaints))
}

#[derive(Default)]
struct Listener {
    complaints: Arc<Mutex<Vec<String>>>,
}

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        // In tracing's order what is graver is less.
        if *event.metadata().level() <= Level::WARN {
            let mut message = Message::default();
            event.record(&mut message);
            self.complaints.lock().unwrap_or_else(PoisonError::into_inner).push(message.0);
        }
    }
}

#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing to a string cannot fail.
            let _ = write!(self.0, "{value:?}");
        }
    }
}
