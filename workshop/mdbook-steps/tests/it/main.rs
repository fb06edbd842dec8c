//! Builds small books, and reads the pages or the messages.

mod book;
mod books;
mod failures;
mod program;
mod random;
mod schedule;
