//! The tests of the crate, as one program.

mod bars;
mod charts;
mod examples;
mod properties;
mod waterfalls;
