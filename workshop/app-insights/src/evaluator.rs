//! Evaluates the rules when they are due, and tells whoever wants to know.

use std::{convert::Infallible, sync::Arc, time::Duration};

use tokio::{task::spawn_blocking, time::sleep};

use crate::{
    alerts::{Alert, Alerts},
    printer::Printer,
    store::Store,
};

/// The longest time for which the clock is not looked at. A clock can be set, a laptop can sleep,
/// and a rule can be added.
const MAX_SLEEP: Duration = Duration::from_millis(500);

/// Evaluates for ever.
pub(crate) async fn run(store: Arc<Store>, alerts: Arc<Alerts>, printer: Printer) -> Infallible {
    loop {
        let (held, rules) = (Arc::clone(&store), Arc::clone(&alerts));
        let printer = printer.clone();
        let print = move |alert: Alert| printer.err(alert.line());
        // In another thread: with many rules and a full store, requests would have to wait. It
        // fails only when the program ends.
        let _ = spawn_blocking(move || rules.evaluate_each(&held, print)).await;
        sleep(pause(&store, &alerts)).await;
    }
}

/// How long until something may be due.
fn pause(store: &Store, alerts: &Alerts) -> Duration {
    let now = store.now();
    let next = alerts.next_evaluation(now).map(|next| now.duration_until(next));
    let next = next.and_then(|next| next.try_into().ok()).unwrap_or(MAX_SLEEP);
    next.min(MAX_SLEEP)
}
