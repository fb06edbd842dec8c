//! `{{#minutes}}` and `{{#schedule half-day}}`: how long a chapter takes, and a class's timetable.

mod clock;
mod plan;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::directive::Directive;
use crate::error::Problem;
use crate::figure::Place;
use crate::markdown;
use crate::used::Used;
use crate::workspace::Workspace;
use plan::Plan;

/// `schedule.toml`, which stands beside the book's sources.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Schedule {
    /// Minutes of each chapter, by its file without `.md`.
    minutes: BTreeMap<String, u32>,
    #[serde(default)]
    plan: BTreeMap<String, Plan>,
}

/// `{{#minutes}}`, `{{#minutes step-01 step-02}}`, `{{#minutes half-day}}`.
pub(crate) fn minutes(
    directive: &Directive,
    workspace: &Workspace,
    place: &Place,
    used: &mut Used,
) -> Result<String, Problem> {
    directive.only(&[])?;
    let schedule = read(workspace, place)?;
    if let [name] = &directive.words[..]
        && let Some(plan) = schedule.plan.get(name)
    {
        return Ok(clock::duration(plan.length(&schedule.minutes)));
    }
    let own = [own_name(place).to_string()];
    let names = if directive.words.is_empty() { &own[..] } else { &directive.words };
    let mut sum = 0;
    for name in names {
        sum += schedule.minutes.get(name).ok_or_else(|| {
            let what = format!("`{name}` under [minutes] in {}", path(place));
            let there = schedule.minutes.keys().chain(schedule.plan.keys()).cloned().collect();
            Problem::missing(what, name, there)
        })?;
    }
    used.minutes.extend(names.iter().cloned());
    Ok(clock::duration(sum))
}

/// `{{#schedule half-day}}`: a table of what is when.
pub(crate) fn table(
    directive: &Directive,
    workspace: &Workspace,
    place: &Place,
    used: &mut Used,
) -> Result<String, Problem> {
    directive.only(&[])?;
    let [name] = directive.exactly("schedule half-day")?;
    let schedule = read(workspace, place)?;
    let plan = schedule.plan.get(name).ok_or_else(|| {
        let what = format!("plan `{name}` in {}", path(place));
        Problem::missing(what, name, schedule.plan.keys().cloned().collect())
    })?;
    used.schedules.insert(name.to_string());
    let up = "../".repeat(place.chapter.matches('/').count());
    plan.table(&schedule.minutes, |chapter| {
        let source = workspace.read(&format!("{}/{chapter}.md", place.book))?;
        let title = source.text.lines().find_map(|line| line.strip_prefix("# "));
        Ok(format!("[{}]({up}{chapter}.md)", title.unwrap_or(chapter).trim()))
    })
}

fn own_name<'a>(place: &Place<'a>) -> &'a str {
    place.chapter.trim_end_matches(".md")
}

/// The schedule's path from the workspace's root.
fn path(place: &Place) -> String {
    let folder = place.book.rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{folder}/schedule.toml").trim_start_matches('/').to_string()
}

/// Reads the schedule, and refuses one that no class could keep to.
fn read(workspace: &Workspace, place: &Place) -> Result<Schedule, Problem> {
    let source = workspace.read(&path(place))?;
    let schedule: Schedule = toml::from_str(&source.text).map_err(|error| {
        let line = error.span().map_or(1, |span| markdown::line(&source.text, span.start));
        Problem::broken(format!("{}:{line}", source.path), error.message())
    })?;
    let mut wrong = Vec::new();
    for (name, &minutes) in &schedule.minutes {
        if !workspace.has(&format!("{}/{name}.md", place.book)) {
            wrong.push(format!("minutes for `{name}`, and no chapter {name}.md"));
        }
        if minutes == 0 {
            wrong.push(format!("no time for `{name}`: give it a minute at least"));
        }
    }
    for (name, plan) in &schedule.plan {
        if schedule.minutes.contains_key(name) {
            wrong.push(format!("a plan has the name of the chapter `{name}`"));
        }
        let mistakes = plan.mistakes(&schedule.minutes);
        wrong.extend(mistakes.into_iter().map(|mistake| format!("plan `{name}`: {mistake}")));
    }
    if wrong.is_empty() {
        Ok(schedule)
    } else {
        Err(Problem::broken(source.path, wrong.join("; ")))
    }
}
