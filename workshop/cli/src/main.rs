//! The command behind `cargo workshop`, an alias in `.cargo/config.toml`.

use std::process::ExitCode;

use clap::Parser as _;
use workshop::{commands::Cli, say};

fn main() -> ExitCode {
    // Only mistakes in the arguments end with 2, which is what clap does.
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
