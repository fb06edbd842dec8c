//! Builds small books, and checks the pages or the error messages.

mod book;
mod books;
mod failures;
mod program;
mod random;
mod schedule;
