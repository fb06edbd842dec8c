//! The subcommands, a file for each.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

pub mod book;
pub mod check;
pub mod classroom;
pub mod doctor;
pub mod learn;
pub mod pack;
pub mod prepare;
pub mod rehearse;
pub mod reset;

const DETAILS: &str = "\
Without a command, it builds and serves the book, and builds the book again after each
change of a source. The stand-ins print to stdout what they receive, as they do when they
run alone: the Collector's text, and a line for each batch that Application Insights
accepts. Everything else goes to stderr. All addresses are loopback addresses, and no data
leaves this machine. Ctrl-C stops everything. Port 0 is any free port.";

/// Serve the book, and stand-ins for the Collector and Application Insights
#[derive(Debug, Parser)]
#[command(
    version,
    bin_name = "cargo workshop",
    after_help = DETAILS,
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
    Start(learn::Start),
    #[command(after_help = check::DETAILS)]
    Check(check::Options),
    Exercise(learn::Exercise),
    Lab(learn::Lab),
    Mystery(learn::Mystery),
    Reset(reset::Options),
    Doctor(doctor::Options),
    /// Download and build everything that the class needs, while there is a network
    #[command(after_help = prepare::DETAILS)]
    Prepare,
    /// Run every step and both stand-ins once, without a network
    #[command(after_help = rehearse::DETAILS)]
    Rehearse,
    Pack(pack::Options),
    Book(book::Options),
}

impl Cli {
    /// Runs the command of the arguments.
    pub fn run(self) -> Result<()> {
        let workspace = Workspace::find(self.root.as_deref())?;
        match self.command {
            None => classroom::run(&workspace, &self.classroom),
            Some(Command::Start(options)) => learn::start(&workspace, &options),
            Some(Command::Check(options)) => check::run(&workspace, &options),
            Some(Command::Exercise(options)) => learn::exercise(&workspace, &options),
            Some(Command::Lab(options)) => learn::lab(&workspace, &options),
            Some(Command::Mystery(options)) => learn::mystery(&workspace, &options),
            Some(Command::Reset(options)) => reset::run(&workspace, &options),
            Some(Command::Doctor(options)) => doctor::run(&workspace, &options),
            Some(Command::Prepare) => prepare::run(&workspace),
            Some(Command::Rehearse) => rehearse::run(&workspace),
            Some(Command::Pack(options)) => pack::run(&workspace, &options),
            Some(Command::Book(options)) => book::run(&workspace, &options),
        }
    }
}
