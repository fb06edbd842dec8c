//! Evaluates the rules when they are due, and prints the alerts.

use std::{convert::Infallible, sync::Arc, time::Duration};

use tokio::{task::spawn_blocking, time::sleep};

use super::Alerts;
use crate::{printer::Printer, store::Store};

/// The longest time between two looks at the clock: it can be set, a laptop can sleep, and a rule
/// can be added.
const MAX_SLEEP: Duration = Duration::from_millis(500);

/// Evaluates the rules until the future is dropped.
pub(crate) async fn run(store: Arc<Store>, alerts: Arc<Alerts>, printer: Printer) -> Infallible {
    loop {
        let (shared_store, shared_alerts) = (Arc::clone(&store), Arc::clone(&alerts));
        let printer = printer.clone();
        let evaluate = move || {
            shared_alerts.evaluate_each(&shared_store, |alert| printer.err(alert.line()));
        };
        // In another thread: with many rules and a full store, requests would have to wait. An
        // error occurs only at the end of the program.
        let _ = spawn_blocking(evaluate).await;
        sleep(time_to_next(&store, &alerts)).await;
    }
}

/// The time until a rule may be due.
fn time_to_next(store: &Store, alerts: &Alerts) -> Duration {
    let now = store.now();
    let next = alerts.next_evaluation(now).map(|next| now.duration_until(next));
    let next = next.and_then(|next| next.try_into().ok()).unwrap_or(MAX_SLEEP);
    next.min(MAX_SLEEP)
}
