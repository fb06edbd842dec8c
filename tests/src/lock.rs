//! Serializes tests that cannot run at the same time. The lock is a file, so it also works between
//! processes.

use std::{
    fs::{File, TryLockError},
    path::PathBuf,
    thread,
    time::Duration,
};

use crate::root;

/// The time between two looks for a free lock.
const POLL: Duration = Duration::from_millis(50);

/// One of the places behind a lock. The place is taken until this value is dropped.
#[derive(Debug)]
pub struct Place(#[expect(dead_code, reason = "unlocked when it is closed")] File);

/// Waits for one of `places` places. There is no limit: the tests that hold them have limits.
pub fn wait(name: &str, places: usize) -> Place {
    loop {
        for place in 0..places {
            let file = File::create(path(name, place)).expect("the lock can be opened");
            match file.try_lock() {
                Ok(()) => return Place(file),
                Err(TryLockError::WouldBlock) => (),
                Err(TryLockError::Error(error)) => panic!("the lock {name}: {error}"),
            }
        }
        thread::sleep(POLL);
    }
}

fn path(name: &str, place: usize) -> PathBuf {
    root().join("target").join(format!("{name}-{place}.lock"))
}
