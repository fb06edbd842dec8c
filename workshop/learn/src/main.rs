//! The commands of the library, until `cargo workshop` has them.

use std::io::{IsTerminal as _, Write as _, stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};

/// Make the learner's own app in mine/
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make mine/ from the step before STEP
    Start {
        #[arg(default_value_t = 2)]
        step: u8,
        #[command(flatten)]
        options: Options,
    },
    /// Put a lab into mine/, or list the labs
    Lab {
        name: Option<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Put a lab into mine/ without saying which
    Mystery {
        /// Show what was wrong
        #[arg(long)]
        reveal: bool,
        #[command(flatten)]
        options: Options,
    },
    /// Read an exercise, or list them
    Exercise {
        name: Option<String>,
        /// Show one hint
        #[arg(long, value_name = "NUMBER", conflicts_with_all = ["start", "solution"])]
        hint: Option<usize>,
        /// Put the start into mine/
        #[arg(long, conflicts_with = "solution")]
        start: bool,
        /// Put the solution into mine/
        #[arg(long)]
        solution: bool,
        #[command(flatten)]
        options: Options,
    },
}

#[derive(Args)]
struct Options {
    /// Make a new mine/ and keep the old one aside
    #[arg(long)]
    force: bool,
}

impl Options {
    /// Whether to keep what is in mine/ aside. On a terminal, the answer can be typed.
    fn force(&self, root: &Path) -> Result<bool> {
        if self.force || !learn::exists(root) || !stdin().is_terminal() {
            return Ok(self.force);
        }
        print!("mine/ is there already. Keep it aside and make a new one? [y/N] ");
        stdout().flush()?;
        let mut answer = String::new();
        stdin().read_line(&mut answer)?;
        Ok(answer.trim().eq_ignore_ascii_case("y"))
    }
}

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<String> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR");
    let package = package.map_or(PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = package.ancestors().nth(2).context("the package is not in workshop/")?;
    match command {
        Command::Start { step, options } => learn::start(root, *step, options.force(root)?),
        Command::Lab { name: None, .. } => learn::list_labs(root),
        Command::Lab { name: Some(name), options } => learn::lab(root, name, options.force(root)?),
        Command::Mystery { reveal: true, .. } => learn::reveal(root),
        Command::Mystery { options, .. } => learn::mystery(root, options.force(root)?),
        Command::Exercise { name: None, .. } => learn::list_exercises(root),
        Command::Exercise { name: Some(name), hint: Some(number), .. } => {
            learn::hint(root, name, *number)
        }
        Command::Exercise { name: Some(name), start: true, options, .. } => {
            learn::begin(root, name, options.force(root)?)
        }
        Command::Exercise { name: Some(name), solution: true, options, .. } => {
            learn::solve(root, name, options.force(root)?)
        }
        Command::Exercise { name: Some(name), .. } => learn::task(root, name),
    }
}
