//! `{{#minutes}}` and `{{#schedule half-day}}`: the minutes of a chapter, and a class's timetable.

mod plan;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use learn::Exercise;
use serde::Deserialize;

use crate::directive::Directive;
use crate::error::missing;
use crate::page::Page;
use crate::workspace::{BOOK, Workspace};
use plan::Plan;

pub(crate) const PATH: &str = "book/schedule.toml";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Schedule {
    /// The minutes of each chapter without its exercises. The key is the chapter's file, without
    /// `.md`.
    minutes: BTreeMap<String, u32>,
    #[serde(default)]
    plan: BTreeMap<String, Plan>,
}

/// The minutes of the chapters and of their exercises.
#[derive(Debug)]
struct Chapters {
    /// Without the exercises.
    own: BTreeMap<String, u32>,
    exercises: Vec<Exercise>,
}

impl Chapters {
    /// The exercises of a chapter.
    fn exercises(&self, chapter: &str) -> impl Iterator<Item = &Exercise> {
        self.exercises.iter().filter(move |exercise| exercise.chapter == chapter)
    }
}

/// The sum of the minutes of exercises.
fn sum<'a>(exercises: impl Iterator<Item = &'a Exercise>) -> u32 {
    exercises.map(|exercise| u32::from(exercise.minutes)).sum()
}

/// `{{#minutes}}`, `{{#minutes step-01 step-02}}`, `{{#minutes half-day}}`, and with an
/// option, only the minutes of the exercises or only the other minutes.
pub(crate) fn minutes(directive: &Directive, page: &mut Page) -> Result<String> {
    directive.allow_options(&["only", "without"])?;
    let (own, exercises) = match (directive.option("only"), directive.option("without")) {
        (None, None) => (true, true),
        (None, Some("exercises")) => (true, false),
        (Some("exercises"), None) => (false, true),
        _ => bail!("write only=\"exercises\" or without=\"exercises\""),
    };
    let (chapters, plans) = read(page.workspace)?;
    let chapter = [page.chapter.trim_end_matches(".md").to_string()];
    let names = if directive.words().is_empty() { &chapter } else { directive.words() };
    let mut total = 0;
    for name in names {
        if let Some(plan) = plans.get(name) {
            ensure!(
                own && exercises,
                "`{name}` is a plan: `only` and `without` are options for chapters"
            );
            total += plan.minutes(&chapters);
            continue;
        }
        let minutes = chapters.own.get(name).ok_or_else(|| {
            let names: Vec<_> = chapters.own.keys().chain(plans.keys()).cloned().collect();
            missing(format!("`{name}` under [minutes] in {PATH}"), name, &names)
        })?;
        total += if own { *minutes } else { 0 };
        total += if exercises { sum(chapters.exercises(name)) } else { 0 };
    }
    ensure!(total > 0, "there are no exercises in {}", names.join(", "));
    Ok(duration(total))
}

/// `{{#schedule half-day}}`: a table of times.
pub(crate) fn table(directive: &Directive, page: &mut Page) -> Result<String> {
    directive.allow_options(&[])?;
    let [name] = directive.exactly("{{#schedule half-day}}")?;
    let (chapters, plans) = read(page.workspace)?;
    let plan = plans.get(name).ok_or_else(|| {
        let names: Vec<String> = plans.keys().cloned().collect();
        missing(format!("plan `{name}` in {PATH}"), name, &names)
    })?;
    page.used.schedules.insert(name.to_string());
    plan.table(&chapters, |chapter| {
        let source = page.workspace.read(&format!("{BOOK}/{chapter}.md"))?;
        let title = source.text.lines().find_map(|line| line.strip_prefix("# "));
        Ok(format!("[{}]({}{chapter}.md)", title.unwrap_or(chapter).trim(), page.up()))
    })
}

/// Reads and checks the schedule.
fn read(workspace: &Workspace) -> Result<(Chapters, BTreeMap<String, Plan>)> {
    let source = workspace.read(PATH)?;
    let Schedule { minutes, plan: plans } = toml::from_str(&source.text).map_err(|error| {
        let start = error.span().map_or(0, |range| range.start);
        let line = source.text[..start].matches('\n').count() + 1;
        anyhow!("{PATH}:{line}: {}", error.message())
    })?;
    for (name, &minutes) in &minutes {
        let exists = workspace.has(&format!("{BOOK}/{name}.md"));
        ensure!(exists, "{PATH}: there is no chapter {name}.md");
        ensure!(minutes > 0, "{PATH}: the chapter `{name}` needs at least one minute");
    }
    let has_exercises = workspace.root().join("exercises").is_dir();
    let exercises = if has_exercises { learn::exercises(workspace.root())? } else { Vec::new() };
    let chapters = Chapters { own: minutes, exercises };
    for (name, plan) in &plans {
        plan.check(&chapters).with_context(|| format!("{PATH}: plan `{name}`"))?;
    }
    Ok((chapters, plans))
}

/// `25 minutes`, `1 hour`, `3 hours 30 minutes`, with non-breaking spaces.
fn duration(minutes: u32) -> String {
    let part = |count: u32, unit: &str| match count {
        0 => None,
        1 => Some(format!("1\u{a0}{unit}")),
        _ => Some(format!("{count}\u{a0}{unit}s")),
    };
    let parts = [part(minutes / 60, "hour"), part(minutes % 60, "minute")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_in_words() {
        for (minutes, words) in [
            (1, "1 minute"),
            (59, "59 minutes"),
            (60, "1 hour"),
            (61, "1 hour 1 minute"),
            (150, "2 hours 30 minutes"),
        ] {
            assert_eq!(duration(minutes).replace('\u{a0}', " "), words);
        }
    }
}
