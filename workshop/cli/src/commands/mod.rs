//! The subcommands, a file each: its options, and what it does with them.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

pub mod book;
pub mod classroom;
pub mod doctor;
pub mod pack;
pub mod prepare;
pub mod rehearse;

const WHAT_HAPPENS: &str = "\
Without a command it builds the book, serves it, and builds it again whenever a source
changes. What the stand-ins receive is printed on stdout as each prints it when it runs
alone: the Collector's text, and a line for each batch that Application Insights accepts.
Everything else goes to stderr. Nobody but this machine can reach any of it, and nothing
is sent anywhere. Ctrl-C stops everything. Port 0 takes any free port.";

/// Open the classroom: the book, and stand-ins for the Collector and Application Insights
#[derive(Debug, Parser)]
#[command(
    version,
    bin_name = "cargo workshop",
    after_help = WHAT_HAPPENS,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    classroom: classroom::Options,

    /// The workshop's folder [default: this folder or one above it]
    #[arg(long, value_name = "DIR", global = true)]
    root: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Doctor(doctor::Options),
    Prepare(prepare::Options),
    Rehearse(rehearse::Options),
    Pack(pack::Options),
    Book(book::Options),
}

impl Cli {
    /// Does what the arguments ask for.
    ///
    /// # Errors
    /// Whatever goes wrong, in a sentence that its reader can act on.
    pub fn run(self) -> Result<()> {
        let workspace = Workspace::find(self.root.as_deref())?;
        match self.command {
            None => classroom::run(&workspace, &self.classroom),
            Some(Command::Doctor(options)) => doctor::run(&workspace, &options),
            Some(Command::Prepare(options)) => prepare::run(&workspace, &options),
            Some(Command::Rehearse(options)) => rehearse::run(&workspace, &options),
            Some(Command::Pack(options)) => pack::run(&workspace, &options),
            Some(Command::Book(options)) => book::run(&workspace, &options),
        }
    }
}
