//! Tests of the check on real programs: the steps, and programs with a fault each.

#![cfg(unix)]

mod bad_input;
mod cheats;
mod faults;
mod programs;
mod steps;
