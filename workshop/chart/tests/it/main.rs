//! The tests of the crate, as one program.

mod charts;
mod examples;
mod properties;
mod waterfalls;
