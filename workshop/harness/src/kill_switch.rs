//! Kills programs from another thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::process::{Process, Signal};

/// Kills programs from another thread, for example at Ctrl-C, while this thread waits for them.
#[derive(Clone, Debug, Default)]
pub struct KillSwitch(Arc<Mutex<Programs>>);

#[derive(Debug, Default)]
struct Programs {
    used: bool,
    running: Vec<Weak<Mutex<Process>>>,
}

impl KillSwitch {
    /// Kills the programs that run. Programs that start later are killed at once.
    pub fn kill(&self) {
        let mut programs = self.lock();
        programs.used = true;
        for program in programs.running.drain(..) {
            kill(&program);
        }
    }

    /// Whether the switch was used.
    pub fn was_used(&self) -> bool {
        self.lock().used
    }

    pub(crate) fn add(&self, process: &Arc<Mutex<Process>>) {
        let mut programs = self.lock();
        let process = Arc::downgrade(process);
        if programs.used {
            kill(&process);
        } else {
            programs.running.retain(|program| program.strong_count() > 0);
            programs.running.push(process);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Programs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn kill(process: &Weak<Mutex<Process>>) {
    if let Some(process) = process.upgrade() {
        let mut process = process.lock().unwrap_or_else(PoisonError::into_inner);
        // An error means that the process has ended.
        let _ = process.signal(Signal::Kill);
    }
}
