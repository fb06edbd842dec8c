//! Ctrl-C.

use std::io;
use std::time::Duration;

use tokio::sync::watch;

/// How long whatever is under way may take after Ctrl-C.
pub const GRACE: Duration = Duration::from_secs(2);

/// Tells everything that runs when it is time to stop.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<()>);

impl Stop {
    /// From now on, Ctrl-C and SIGTERM stop whoever waits.
    ///
    /// # Errors
    /// When the system does not let us listen for signals.
    pub fn at_signal() -> io::Result<Self> {
        let signal = signals::stop()?;
        let (running, stopped) = watch::channel(());
        tokio::spawn(async move {
            signal.await;
            drop(running);
        });
        Ok(Self(stopped))
    }

    /// Done when it is time to stop.
    pub async fn wait(mut self) {
        // Nothing is ever sent: the sender's end is the sign.
        let _ = self.0.changed().await;
    }
}
