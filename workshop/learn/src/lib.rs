//! Makes the learner's own app in `mine/`: from a step, from an exercise, or with a fault in it.
//!
//! Each function takes the root of the repository. It returns text to print, or an error whose
//! message says what to do.

mod app;
mod exercise;
mod lab;
mod manifest;
mod mine;
mod mystery;
mod patch;
mod steps;

pub use app::State;
pub use exercise::{
    Check, Exercise, begin, exercise, exercises, hint, list_exercises, solve, task,
};
pub use lab::{Lab, lab, labs, list_labs};
pub use mine::{MINE, exists};
pub use mystery::{mystery, reveal};
pub use steps::{start, steps};
