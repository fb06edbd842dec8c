//! Runs a program as a user would: starts it, waits for its ready line, sends it requests, stops
//! it, and reads what it printed.
//!
//! Nothing here knows a step by name. A program is a path, so that the same checks can one day
//! judge a program that a learner wrote.
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
mod process;
pub mod text;

pub use backend::{Answer, Backend, Received};
pub use process::{Error, Finished, Program, Reply, Running};
