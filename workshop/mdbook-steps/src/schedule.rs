//! `{{#minutes}}` and `{{#schedule half-day}}`: the minutes of a chapter, and a class's timetable.

mod plan;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, anyhow, ensure};
use serde::Deserialize;

use crate::directive::Directive;
use crate::error::missing;
use crate::page::Page;
use crate::workspace::{BOOK, Workspace};
use plan::Plan;

const PATH: &str = "book/schedule.toml";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Schedule {
    /// The minutes of each chapter, by its file without `.md`.
    minutes: BTreeMap<String, u32>,
    #[serde(default)]
    plan: BTreeMap<String, Plan>,
}

/// `{{#minutes}}`, `{{#minutes step-01 step-02}}`, `{{#minutes half-day}}`.
pub(crate) fn minutes(directive: &Directive, page: &mut Page) -> Result<String> {
    directive.allow_options(&[])?;
    let schedule = read(page.workspace)?;
    let chapter = [page.chapter.trim_end_matches(".md").to_string()];
    let names = if directive.words().is_empty() { &chapter } else { directive.words() };
    let mut sum = 0;
    for name in names {
        let plan = schedule.plan.get(name).map(|plan| plan.minutes(&schedule.minutes));
        sum += plan.or(schedule.minutes.get(name).copied()).ok_or_else(|| {
            let names: Vec<_> =
                schedule.minutes.keys().chain(schedule.plan.keys()).cloned().collect();
            missing(format!("`{name}` under [minutes] in {PATH}"), name, &names)
        })?;
    }
    Ok(duration(sum))
}

/// `{{#schedule half-day}}`: a table of times.
pub(crate) fn table(directive: &Directive, page: &mut Page) -> Result<String> {
    directive.allow_options(&[])?;
    let [name] = directive.exactly("{{#schedule half-day}}")?;
    let schedule = read(page.workspace)?;
    let plan = schedule.plan.get(name).ok_or_else(|| {
        let names: Vec<String> = schedule.plan.keys().cloned().collect();
        missing(format!("plan `{name}` in {PATH}"), name, &names)
    })?;
    page.used.schedules.insert(name.to_string());
    plan.table(&schedule.minutes, |chapter| {
        let source = page.workspace.read(&format!("{BOOK}/{chapter}.md"))?;
        let title = source.text.lines().find_map(|line| line.strip_prefix("# "));
        Ok(format!("[{}]({}{chapter}.md)", title.unwrap_or(chapter).trim(), page.up()))
    })
}

/// Reads and checks the schedule.
fn read(workspace: &Workspace) -> Result<Schedule> {
    let source = workspace.read(PATH)?;
    let schedule: Schedule = toml::from_str(&source.text).map_err(|error| {
        let start = error.span().map_or(0, |range| range.start);
        let line = source.text[..start].matches('\n').count() + 1;
        anyhow!("{PATH}:{line}: {}", error.message())
    })?;
    for (name, &minutes) in &schedule.minutes {
        let exists = workspace.has(&format!("{BOOK}/{name}.md"));
        ensure!(exists, "{PATH}: there is no chapter {name}.md");
        ensure!(minutes > 0, "{PATH}: the chapter `{name}` needs at least one minute");
    }
    for (name, plan) in &schedule.plan {
        plan.check(&schedule.minutes).with_context(|| format!("{PATH}: plan `{name}`"))?;
    }
    Ok(schedule)
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
