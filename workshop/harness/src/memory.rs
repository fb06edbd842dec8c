//! The memory of a process, as Linux counts it.

use std::{fs, io};

/// The resident memory of a process, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// The current value.
    pub resident: u64,
    /// The highest value so far.
    pub peak: u64,
}

impl Memory {
    /// The memory of the process with this ID.
    pub fn of(id: u32) -> io::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{id}/status"))?;
        let value = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let kibibytes = line?.trim().strip_suffix(" kB")?.parse::<u64>().ok()?;
            Some(kibibytes * 1024)
        };
        match (value("VmRSS"), value("VmHWM")) {
            (Some(resident), Some(peak)) => Ok(Self { resident, peak }),
            _ => Err(io::Error::other(format!("/proc/{id}/status has no memory"))),
        }
    }
}
