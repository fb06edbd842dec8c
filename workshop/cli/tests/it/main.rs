//! The command as its users run it, in small workshops in temporary folders.

mod book;
mod classroom;
mod doctor;
mod first_check;
mod learner;
mod mdbook;
mod offline;
mod pack;
mod prepare;
mod reset;
mod workshop;
