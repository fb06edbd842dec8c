//! A class's plan: what comes after what, and when.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use super::clock::{Time, duration};
use crate::error::Problem;

/// Nobody listens for longer, in minutes.
const LONGEST: u32 = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    start: Time,
    end: Time,
    slots: Vec<Slot>,
}

/// A chapter, a break, or something else that takes time.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Slot {
    chapter: Option<String>,
    #[serde(rename = "break")]
    pause: Option<String>,
    what: Option<String>,
    minutes: Option<u32>,
}

impl Slot {
    /// A chapter's own minutes, or those that are given. A slot without time has none.
    fn minutes(&self, chapters: &BTreeMap<String, u32>) -> u32 {
        match &self.chapter {
            Some(chapter) => chapters.get(chapter).copied().unwrap_or_default(),
            None => self.minutes.unwrap_or_default(),
        }
    }

    fn mistake(&self, chapters: &BTreeMap<String, u32>) -> Option<String> {
        match (&self.chapter, &self.pause, &self.what) {
            (Some(chapter), None, None) if !chapters.contains_key(chapter) => {
                Some(format!("there are no minutes for a chapter `{chapter}`"))
            }
            (Some(chapter), None, None) if self.minutes.is_some() => {
                Some(format!("`{chapter}` has its minutes under [minutes] already"))
            }
            (Some(_), None, None) => None,
            (None, Some(name), None) | (None, None, Some(name)) => {
                if name.trim().is_empty() {
                    Some("a slot has no name".to_string())
                } else if self.minutes.unwrap_or_default() == 0 {
                    Some(format!("`{name}` has no minutes"))
                } else {
                    None
                }
            }
            _ => Some("a slot is one of `chapter`, `break` and `what`".to_string()),
        }
    }
}

impl Plan {
    /// How long it takes, in minutes.
    pub fn length(&self, chapters: &BTreeMap<String, u32>) -> u32 {
        self.slots.iter().map(|slot| slot.minutes(chapters)).sum()
    }

    /// Everything that is wrong with it.
    pub fn mistakes(&self, chapters: &BTreeMap<String, u32>) -> Vec<String> {
        let mut mistakes: Vec<_> =
            self.slots.iter().filter_map(|slot| slot.mistake(chapters)).collect();
        if !mistakes.is_empty() {
            return mistakes;
        }
        for (index, slot) in self.slots.iter().enumerate() {
            let Some(chapter) = &slot.chapter else { continue };
            if self.slots[..index].iter().any(|other| other.chapter.as_ref() == Some(chapter)) {
                mistakes.push(format!("`{chapter}` comes twice"));
            }
        }
        let end = Time(self.start.0 + self.length(chapters));
        if end != self.end {
            mistakes.push(format!(
                "it should end at {}, but what is in it goes on until {end}",
                self.end
            ));
        }
        for stretch in self.slots.split(|slot| slot.pause.is_some()) {
            let long: u32 = stretch.iter().map(|slot| slot.minutes(chapters)).sum();
            if long == 0 {
                mistakes.push("a break is at the start, at the end, or after another".to_string());
            } else if long > LONGEST {
                mistakes.push(format!(
                    "{long} minutes without a break; {LONGEST} are as long as anybody listens"
                ));
            }
        }
        mistakes
    }

    /// A table in Markdown. `link` makes a link to a chapter.
    pub fn table(
        &self,
        chapters: &BTreeMap<String, u32>,
        link: impl Fn(&str) -> Result<String, Problem>,
    ) -> Result<String, Problem> {
        let mut table = "| from | to | minutes | what |\n|---|---|--:|---|\n".to_string();
        let mut now = self.start;
        let mut breaks = 0;
        for slot in &self.slots {
            let minutes = slot.minutes(chapters);
            let then = Time(now.0 + minutes);
            let what = match (&slot.chapter, &slot.pause) {
                (Some(chapter), _) => link(chapter)?,
                (None, Some(pause)) => {
                    breaks += minutes;
                    format!("*{pause}*")
                }
                (None, None) => slot.what.clone().unwrap_or_default(),
            };
            let what = what.replace('|', "\\|");
            let _ = writeln!(table, "| {now} | {then} | {minutes} | {what} |");
            now = then;
        }
        let (start, length) = (self.start, self.length(chapters));
        let all = duration(length);
        let pauses = match breaks {
            0 => "without a break".to_string(),
            _ => format!("breaks of {} included", duration(breaks)),
        };
        let _ = writeln!(table, "| **{start}** | **{now}** | **{length}** | **{all}**, {pauses} |");
        Ok(table)
    }
}
