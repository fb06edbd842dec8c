//! The crate as its callers use it.

mod charts;
mod examples;
mod properties;
