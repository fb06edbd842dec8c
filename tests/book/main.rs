//! The promises of the book: its text, its links and its commands.

mod book;
mod commands;
mod costs;
mod glossary;
mod minutes;
mod powershell;
mod sheet;
