//! The command behind `cargo workshop`, an alias in `.cargo/config.toml`.

use std::process::ExitCode;

use clap::Parser as _;
use cli::{commands::Cli, say};

fn main() -> ExitCode {
    // clap exits with 2 after invalid arguments.
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
