//! Evaluates the rules when they are due, and prints the alerts.

use std::{convert::Infallible, sync::Arc, time::Duration};

use tokio::{
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};

use super::Alerts;
use crate::{printer::Printer, store::Store};

/// The interval at which the clock and the rules are checked, because the clock can be set and the
/// rules can change.
const TICK: Duration = Duration::from_millis(200);

/// Evaluates the rules until the future is dropped.
pub(crate) async fn run(store: Arc<Store>, alerts: Arc<Alerts>, printer: Printer) -> Infallible {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let (store, alerts, printer) = (Arc::clone(&store), Arc::clone(&alerts), printer.clone());
        // In another thread: otherwise, requests would have to wait if there are many rules and the
        // store is full.
        let evaluate = move || alerts.evaluate_each(&store, |alert| printer.err(alert.line()));
        // An error occurs only when the program ends.
        let _ = spawn_blocking(evaluate).await;
    }
}
