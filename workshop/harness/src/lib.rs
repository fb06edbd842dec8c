//! Runs a program as a user would: starts it, waits until it is ready, sends it requests, stops
//! it, and reads its output.
//!
//! This crate refers to no step by name. A program is a path, so the same code runs a step, a
//! stand-in, and a program that a learner wrote. Such a program may print garbage, flood its
//! output, or hang. Therefore every wait has a limit, captured output is bounded, and each failure
//! is an [`Error`] whose message describes what happened.
//!
//! ```no_run
//! # fn main() -> Result<(), harness::Error> {
//! let step = harness::Program::step("target/debug/step-02").start()?;
//! assert_eq!(step.get("/Ada/")?.status, 200);
//! let finished = step.stop()?;
//! assert!(finished.status.success());
//! println!("{}", harness::text::console(&finished.stdout));
//! # Ok(())
//! # }
//! ```

mod backend;
mod capture;
mod environment;
mod error;
pub mod http;
mod kill_switch;
#[cfg(target_os = "linux")]
mod memory;
mod process;
mod program;
#[cfg(feature = "recorder")]
pub mod recorder;
mod running;
mod target;
pub mod text;
mod wait;

pub use backend::{Answer, Backend, Received};
pub use error::Error;
pub use kill_switch::KillSwitch;
#[cfg(target_os = "linux")]
pub use memory::Memory;
pub use program::Program;
#[cfg(feature = "recorder")]
pub use recorder::Recorder;
pub use running::{Finished, Running};
pub use target::target_beside;
pub use wait::wait_until;
