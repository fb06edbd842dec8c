//! A process of the operating system: its signals and its end.

use std::{
    io,
    process::{Child, ExitStatus},
};

/// A child process. When it is dropped, it is killed and reaped, with its group if it leads one.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// Whether the process leads a group of its own.
    #[cfg_attr(not(unix), expect(dead_code, reason = "only Unix has process groups"))]
    leads_group: bool,
    status: Option<ExitStatus>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Signal {
    /// SIGINT, as Ctrl-C sends it.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGKILL.
    Kill,
}

impl Process {
    pub(crate) fn new(child: Child, leads_group: bool) -> Self {
        Self { child, leads_group, status: None }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The status, if the process has ended. In that case, the rest of its group is killed.
    pub(crate) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        if self.status.is_none() {
            // Kill before the process is reaped: afterwards, its ID may belong to another group.
            self.kill_group_of_the_ended();
            self.status = self.child.try_wait()?;
        }
        Ok(self.status)
    }
}

#[cfg(unix)]
impl Process {
    /// Sends a signal to the process, or to its group if it leads one.
    pub(crate) fn signal(&mut self, signal: Signal) -> io::Result<()> {
        use rustix::process::{Signal as Unix, kill_process, kill_process_group};
        if self.status.is_some() {
            return Ok(());
        }
        let pid = rustix::process::Pid::from_child(&self.child);
        let signal = match signal {
            Signal::Interrupt => Unix::INT,
            Signal::Terminate => Unix::TERM,
            Signal::Kill => Unix::KILL,
        };
        let send = if self.leads_group { kill_process_group } else { kill_process };
        Ok(send(pid, signal)?)
    }

    fn kill_group_of_the_ended(&mut self) {
        use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        if self.leads_group
            && let Ok(Some(_)) = waitid(WaitId::Pid(Pid::from_child(&self.child)), options)
        {
            // An error means that no process is left.
            let _ = self.signal(Signal::Kill);
        }
    }
}

#[cfg(not(unix))]
impl Process {
    /// Kills the process: only Unix has these signals.
    pub(crate) fn signal(&mut self, _: Signal) -> io::Result<()> {
        if self.status.is_some() { Ok(()) } else { self.child.kill() }
    }

    #[expect(clippy::unused_self, reason = "only Unix has process groups")]
    fn kill_group_of_the_ended(&mut self) {}
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.status.is_none() {
            // Both fail if the process has already ended, which is not an error here.
            let _ = self.signal(Signal::Kill);
            let _ = self.child.wait();
        }
    }
}
