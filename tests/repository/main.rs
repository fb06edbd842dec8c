//! The promises of the repository: its pages, its files for Azure, its versions and its size.

mod architecture;
mod azure;
mod repository;
