//! The exercises, in the order of the chapters.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::{app::State, app::read, lab::folders, mine};

/// `exercises/NAME/exercise.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// The name of the folder.
    #[serde(skip)]
    pub name: String,
    /// The page of the book that the exercise belongs to.
    pub chapter: String,
    /// The exercise in the imperative.
    pub title: String,
    /// The time that the exercise takes.
    pub minutes: u8,
    /// The instructions, in Markdown.
    pub task: String,
    /// The hints, from vague to nearly the code.
    pub hints: Vec<String>,
    /// The app at the start.
    pub start: State,
    /// An app that solves the exercise.
    pub solution: State,
    /// How to check a solution.
    pub check: Check,
    /// A registry, in the syntax of `telemetry/`, with the metrics that the exercise adds.
    #[serde(skip)]
    pub registry: Option<PathBuf>,
}

/// How an exercise is checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The step to check `mine/` against.
    pub step: Option<u8>,
    /// The findings of the check that are present at the start, and gone at the end.
    #[serde(default)]
    pub findings: Vec<String>,
    /// The name of the metric that the findings are about.
    pub metric: Option<String>,
    /// The command to type.
    pub command: String,
    /// What the command prints at the start.
    pub before: String,
    /// What the command prints at the end.
    pub after: String,
}

/// All exercises, in order.
pub fn exercises(root: &Path) -> Result<Vec<Exercise>> {
    folders(&root.join("exercises"))?.iter().map(|name| exercise(root, name)).collect()
}

/// An exercise by its name, or by the number that the name begins with.
pub fn exercise(root: &Path, name: &str) -> Result<Exercise> {
    let known = folders(&root.join("exercises"))?;
    let number = |name: &str| name.split('-').next().and_then(|number| number.parse::<u8>().ok());
    let meant = known.iter().find(|known| *known == name);
    let by_number = || known.iter().find(|known| number(known) == name.parse().ok());
    let Some(name) = meant.or_else(by_number) else {
        bail!("There is no exercise {name}: cargo workshop exercise lists them");
    };
    let folder = root.join("exercises").join(name);
    let text = read(&folder.join("exercise.toml"))?;
    let mut exercise: Exercise =
        toml::from_str(&text).with_context(|| format!("exercises/{name}/exercise.toml"))?;
    exercise.name.clone_from(name);
    exercise.registry = folder.join("telemetry.yaml").is_file().then(|| folder.clone());
    exercise.start.read_patch(&folder)?;
    exercise.solution.read_patch(&folder)?;
    Ok(exercise)
}

/// The exercises by name, title and minutes.
pub fn list_exercises(root: &Path) -> Result<String> {
    let exercises = exercises(root)?;
    let width = exercises.iter().map(|exercise| exercise.name.len()).max().unwrap_or(0);
    let line = |exercise: &Exercise| {
        format!("{:width$}  {} ({} min)\n", exercise.name, exercise.title, exercise.minutes)
    };
    Ok(exercises.iter().map(line).collect::<String>()
        + "\nRead one with `cargo workshop exercise NAME`.")
}

/// The task of an exercise, and the next commands.
pub fn task(root: &Path, name: &str) -> Result<String> {
    let Exercise { name, title, minutes, task, hints, check, .. } = exercise(root, name)?;
    let count = hints.len();
    Ok(format!(
        "# {title} ({minutes} min)\n\n{}\n\n\
         To start from the right code: cargo workshop exercise {name} --start\n\
         To check it: {}\n\
         Before: {}\nAfter: {}\n\
         {count} hints: cargo workshop exercise {name} --hint 1",
        task.trim(),
        check.command,
        check.before,
        check.after
    ))
}

/// The hint with a number, counted from 1.
pub fn hint(root: &Path, name: &str, number: usize) -> Result<String> {
    let exercise = exercise(root, name)?;
    let count = exercise.hints.len();
    match number.checked_sub(1).and_then(|index| exercise.hints.get(index)) {
        Some(hint) => Ok(format!("Hint {number} of {count}: {}", hint.trim())),
        None => bail!("There is no hint {number}: the hints are 1 to {count}"),
    }
}

/// Puts the start of an exercise into `mine/`.
pub fn begin(root: &Path, name: &str) -> Result<String> {
    let exercise = exercise(root, name)?;
    let kept = mine::write(root, &exercise.start.app(root)?)?;
    Ok(format!("mine/ has the start of {}.\n{kept}", exercise.name).trim_end().into())
}

/// Puts the solution of an exercise into `mine/`.
pub fn solve(root: &Path, name: &str) -> Result<String> {
    let exercise = exercise(root, name)?;
    let kept = mine::write(root, &exercise.solution.app(root)?)?;
    Ok(format!("mine/ has the solution of {}.\n{kept}", exercise.name).trim_end().into())
}
