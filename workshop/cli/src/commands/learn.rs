//! `cargo workshop start`, `exercise`, `lab` and `mystery`: the learner's own app in `mine/`.

use std::io::{IsTerminal as _, Write as _, stdin, stdout};

use anyhow::Result;
use clap::Args;

use crate::workspace::Workspace;

/// Make your own app in mine/, ready to write STEP
#[derive(Args, Debug)]
pub struct Start {
    /// The step that you want to write; mine/ begins with the step before it
    #[arg(default_value_t = 2)]
    step: u8,
    #[command(flatten)]
    replace: Replace,
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
    #[command(flatten)]
    replace: Replace,
}

/// List the labs, or put one into mine/: an app with one fault
#[derive(Args, Debug)]
pub struct Lab {
    /// The lab
    name: Option<String>,
    #[command(flatten)]
    replace: Replace,
}

/// Put a random lab into mine/, and let you find the fault
#[derive(Args, Debug)]
pub struct Mystery {
    /// Show the symptom, the fault and the cure
    #[arg(long)]
    reveal: bool,
    #[command(flatten)]
    replace: Replace,
}

#[derive(Args, Debug)]
struct Replace {
    /// Keep the present mine/ aside without asking
    #[arg(long)]
    force: bool,
}

impl Replace {
    /// Whether to keep the present `mine/` aside. On a terminal, it asks.
    fn agreed(&self, workspace: &Workspace) -> Result<bool> {
        if self.force || !learn::exists(workspace.root()) || !stdin().is_terminal() {
            return Ok(self.force);
        }
        print!("mine/ exists. Keep it aside and make a new one? [y/N] ");
        stdout().flush()?;
        let mut answer = String::new();
        stdin().read_line(&mut answer)?;
        Ok(answer.trim().eq_ignore_ascii_case("y"))
    }
}

/// `cargo workshop start`.
pub fn start(workspace: &Workspace, options: &Start) -> Result<()> {
    let agreed = options.replace.agreed(workspace)?;
    print(&learn::start(workspace.root(), options.step, agreed)?)
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
        learn::begin(root, name, options.replace.agreed(workspace)?)?
    } else if options.solution {
        learn::solve(root, name, options.replace.agreed(workspace)?)?
    } else {
        learn::task(root, name)?
    })
}

/// `cargo workshop lab`.
pub fn lab(workspace: &Workspace, options: &Lab) -> Result<()> {
    print(&match &options.name {
        None => learn::list_labs(workspace.root())?,
        Some(name) => learn::lab(workspace.root(), name, options.replace.agreed(workspace)?)?,
    })
}

/// `cargo workshop mystery`.
pub fn mystery(workspace: &Workspace, options: &Mystery) -> Result<()> {
    print(&if options.reveal {
        learn::reveal(workspace.root())?
    } else {
        learn::mystery(workspace.root(), options.replace.agreed(workspace)?)?
    })
}

fn print(text: &str) -> Result<()> {
    writeln!(stdout(), "{}", text.trim_end())?;
    Ok(())
}
