//! The book and the stand-in's page in a browser, and the book's pictures of both.

mod book;
mod browser;
mod screenshots;
mod stand_in;
