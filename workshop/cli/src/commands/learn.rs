//! `cargo workshop start`, `exercise`, `lab` and `mystery`: the learner's own app in `mine/`.

use std::io::{Write as _, stdout};

use anyhow::Result;
use clap::Args;

use crate::workspace::Workspace;

/// Create your own app in mine/, ready for you to write STEP
#[derive(Args, Debug)]
pub struct Start {
    /// The step that you want to write; mine/ begins with the step before it
    #[arg(default_value_t = 2)]
    step: u8,
}

/// List the exercises, read one, or put its start into mine/
#[derive(Args, Debug)]
pub struct Exercise {
    /// The exercise, by name or number
    name: Option<String>,
    /// Show hint NUMBER
    #[arg(long, value_name = "NUMBER", requires = "name", conflicts_with_all = ["start", "solution"])]
    hint: Option<usize>,
    /// Put the start of the exercise into mine/
    #[arg(long, requires = "name", conflicts_with = "solution")]
    start: bool,
    /// Put the solution into mine/
    #[arg(long, requires = "name")]
    solution: bool,
}

/// List the labs, or put one into mine/: an app with one fault
#[derive(Args, Debug)]
pub struct Lab {
    /// The lab
    name: Option<String>,
}

/// Put a random lab into mine/, and let you find the fault
#[derive(Args, Debug)]
pub struct Mystery {
    /// Show the symptom, the fault and the cure
    #[arg(long)]
    reveal: bool,
}

/// `cargo workshop start`.
pub fn start(workspace: &Workspace, options: &Start) -> Result<()> {
    print(&learn::start(workspace.root(), options.step)?)
}

/// `cargo workshop exercise`.
pub fn exercise(workspace: &Workspace, options: &Exercise) -> Result<()> {
    let root = workspace.root();
    let Some(name) = &options.name else {
        return print(&learn::list_exercises(root)?);
    };
    print(&if let Some(number) = options.hint {
        learn::hint(root, name, number)?
    } else if options.start {
        learn::begin(root, name)?
    } else if options.solution {
        learn::solve(root, name)?
    } else {
        learn::task(root, name)?
    })
}

/// `cargo workshop lab`.
pub fn lab(workspace: &Workspace, options: &Lab) -> Result<()> {
    print(&match &options.name {
        None => learn::list_labs(workspace.root())?,
        Some(name) => learn::lab(workspace.root(), name)?,
    })
}

/// `cargo workshop mystery`.
pub fn mystery(workspace: &Workspace, options: &Mystery) -> Result<()> {
    print(&if options.reveal {
        learn::reveal(workspace.root())?
    } else {
        learn::mystery(workspace.root())?
    })
}

fn print(text: &str) -> Result<()> {
    writeln!(stdout(), "{}", text.trim_end())?;
    Ok(())
}
