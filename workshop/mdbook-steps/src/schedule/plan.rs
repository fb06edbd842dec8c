//! The plan of a class: chapters, breaks, and their times.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use jiff::ToSpan as _;
use jiff::civil::Time;
use serde::{Deserialize, Deserializer, de};

use learn::Exercise;

use super::{Chapters, duration, sum};
use crate::error::missing;

/// The longest time without a break, in minutes.
const LONGEST: u32 = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    #[serde(deserialize_with = "time")]
    start: Time,
    #[serde(deserialize_with = "time")]
    end: Time,
    slots: Vec<Slot>,
}

#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "a slot has `chapter`, or `minutes` with `break` or `what`"
)]
enum Slot {
    Chapter {
        chapter: String,
        /// The names of the exercises in the plan; if missing, all exercises of the chapter.
        exercises: Option<Vec<String>>,
    },
    Break {
        #[serde(rename = "break")]
        name: String,
        minutes: u32,
    },
    Other {
        what: String,
        minutes: u32,
    },
}

impl Slot {
    fn minutes(&self, chapters: &Chapters) -> u32 {
        match self {
            Self::Chapter { chapter, .. } => {
                let own = chapters.own.get(chapter).copied().unwrap_or_default();
                own + sum(self.exercises(chapters))
            }
            Self::Break { minutes, .. } | Self::Other { minutes, .. } => *minutes,
        }
    }

    /// The exercises of this slot.
    fn exercises<'a>(&'a self, chapters: &'a Chapters) -> impl Iterator<Item = &'a Exercise> {
        let (chapter, chosen) = match self {
            Self::Chapter { chapter, exercises } => (chapter.as_str(), exercises.as_ref()),
            _ => ("", None),
        };
        let is_in = move |it: &&Exercise| chosen.is_none_or(|chosen| chosen.contains(&it.name));
        chapters.exercises(chapter).filter(is_in)
    }

    /// Returns an error for a chapter or an exercise that does not exist.
    fn check(&self, chapters: &Chapters) -> Result<()> {
        if let Self::Chapter { chapter, exercises } = self {
            let known = chapters.own.contains_key(chapter);
            ensure!(known, "there are no minutes for the chapter `{chapter}`");
            let names: Vec<_> = chapters.exercises(chapter).map(|it| it.name.clone()).collect();
            if let Some(name) = exercises.iter().flatten().find(|name| !names.contains(name)) {
                let what = format!("exercise `{name}` in the chapter `{chapter}`");
                return Err(missing(what, name, &names));
            }
        }
        ensure!(self.minutes(chapters) > 0, "a slot needs at least one minute");
        Ok(())
    }
}

impl Plan {
    pub fn minutes(&self, chapters: &Chapters) -> u32 {
        self.slots.iter().map(|slot| slot.minutes(chapters)).sum()
    }

    /// Returns an error for a plan with an invalid slot, break, session or end.
    pub fn check(&self, chapters: &Chapters) -> Result<()> {
        for slot in &self.slots {
            slot.check(chapters)?;
        }
        for session in self.slots.split(|slot| matches!(slot, Slot::Break { .. })) {
            let minutes: u32 = session.iter().map(|slot| slot.minutes(chapters)).sum();
            ensure!(minutes > 0, "a break needs a session before and after it");
            ensure!(minutes <= LONGEST, "{minutes} minutes without a break, more than {LONGEST}");
        }
        let end = after(self.start, self.minutes(chapters));
        ensure!(end == self.end, "`end` is {}, but the slots end at {}", hm(self.end), hm(end));
        Ok(())
    }

    /// A table in Markdown. `link` makes a link to a chapter.
    pub fn table(
        &self,
        chapters: &Chapters,
        link: impl Fn(&str) -> Result<String>,
    ) -> Result<String> {
        let mut table = "| from | to | minutes | what |\n|---|---|--:|---|\n".to_string();
        let mut from = self.start;
        let mut breaks = 0;
        for slot in &self.slots {
            let minutes = slot.minutes(chapters);
            let to = after(from, minutes);
            let what = match slot {
                Slot::Chapter { chapter, .. } => {
                    let all = chapters.exercises(chapter).count();
                    link(chapter)? + &numbers(slot.exercises(chapters), all)
                }
                Slot::Break { name, .. } => {
                    breaks += minutes;
                    format!("*{name}*")
                }
                Slot::Other { what, .. } => what.clone(),
            };
            let what = what.replace('|', "\\|");
            let _ = writeln!(table, "| {} | {} | {minutes} | {what} |", hm(from), hm(to));
            from = to;
        }
        let (start, end) = (hm(self.start), hm(self.end));
        let minutes = self.minutes(chapters);
        let total = duration(minutes);
        let breaks = match breaks {
            0 => "without a break".to_string(),
            _ => format!("breaks of {} included", duration(breaks)),
        };
        let _ =
            writeln!(table, "| **{start}** | **{end}** | **{minutes}** | **{total}**, {breaks} |");
        Ok(table)
    }
}

/// The exercises by their numbers, such as `, exercises 4 and 5`. `all` is the number of exercises
/// of the chapter.
fn numbers<'a>(exercises: impl Iterator<Item = &'a Exercise>, all: usize) -> String {
    let number = |it: &'a Exercise| it.name.split('-').next().unwrap_or_default();
    let numbers: Vec<_> = exercises.map(|it| number(it).trim_start_matches('0')).collect();
    match &*numbers {
        [] if all == 0 => String::new(),
        [] if all == 1 => ", without its exercise".to_string(),
        [] => ", without its exercises".to_string(),
        [only] => format!(", exercise {only}"),
        [start @ .., last] => format!(", exercises {} and {last}", start.join(", ")),
    }
}

fn after(time: Time, minutes: u32) -> Time {
    time.wrapping_add(i64::from(minutes).minutes())
}

/// Hours and minutes, such as `09:30`.
fn hm(time: Time) -> impl std::fmt::Display {
    time.strftime("%H:%M")
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    let text = String::deserialize(deserializer)?;
    Time::strptime("%H:%M", &text)
        .map_err(|_| de::Error::custom(format!("invalid time `{text}`; write it as \"09:30\"")))
}
