//! The result of a check, for people and as JSON.

use std::cmp::Reverse;
use std::fmt::{self, Write as _};

use serde::Serialize;

use crate::LAST_STEP;

/// The width of a line of the human form.
const WIDTH: usize = 96;
/// The width of the label before a text.
const LABEL: usize = 17;

/// The result of a check.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The path of the program, as the user gave it.
    pub program: String,
    /// The step that the program was compared with.
    pub step: u8,
    /// Whether the check detected the step from the telemetry.
    pub detected: bool,
    /// Whether the program has no violation.
    pub passed: bool,
    /// The number of requests in the run with the crowd.
    pub requests: usize,
    /// The checks in the order in which a learner should read them.
    pub checks: Vec<Check>,
}

/// One thing that should hold.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// A short sentence that states what should hold.
    pub title: String,
    /// The reason why it was not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// The findings about it.
    pub findings: Vec<Finding>,
}

/// A finding, in the form of Weaver's live-check.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The level.
    pub level: Level,
    /// An identifier for programs: Weaver's, if it has one for this finding.
    pub id: &'static str,
    /// The expected state.
    pub expected: String,
    /// The actual state, quoted from the telemetry or the output where possible.
    pub seen: String,
    /// One sentence on what to do.
    pub hint: String,
    /// The section of the book.
    pub section: &'static str,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Worth knowing, but not a problem.
    Information,
    /// Could be better.
    Improvement,
    /// Is wrong.
    Violation,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Information => "information",
            Self::Improvement => "improvement",
            Self::Violation => "violation",
        }
    }
}

impl Check {
    /// The highest level of the findings.
    pub fn level(&self) -> Option<Level> {
        self.findings.iter().map(|finding| finding.level).max()
    }

    /// Whether the check was made and found no violation.
    pub fn holds(&self) -> bool {
        self.skipped.is_none() && self.level() != Some(Level::Violation)
    }
}

impl Report {
    pub(crate) fn new(
        program: String,
        step: u8,
        detected: bool,
        requests: usize,
        checks: Vec<Check>,
    ) -> Self {
        let passed = checks.iter().all(|check| check.level() != Some(Level::Violation));
        Self { program, step, detected, passed, requests, checks }
    }

    /// All findings, in the order of the checks.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.checks.iter().flat_map(|check| &check.findings)
    }

    /// The ids of the violations, in the order of the checks.
    pub fn violations(&self) -> impl Iterator<Item = &'static str> {
        self.findings().filter(|finding| finding.level == Level::Violation).map(|found| found.id)
    }

    /// The exit status of a program that checks: 0 if the app passed, 1 if not.
    pub fn exit_status(&self) -> u8 {
        u8::from(!self.passed)
    }

    /// The report for people, with the violations first.
    pub fn human(&self, colors: bool) -> impl fmt::Display {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut out, Paint(colors));
        out
    }

    fn write(&self, out: &mut String, paint: Paint) -> fmt::Result {
        let step = self.step;
        let detected = if self.detected { " (guessed from its metrics)" } else { "" };
        writeln!(out, "{} compared with step {step:02}{detected}:\n", self.program)?;
        let mut checks: Vec<_> = self.checks.iter().collect();
        checks.sort_by_key(|check| check.level() != Some(Level::Violation));
        for check in checks {
            let mark = match (check.level(), &check.skipped) {
                (Some(Level::Violation), _) => paint.red("✗"),
                (_, Some(_)) => continue,
                _ => paint.green("✓"),
            };
            writeln!(out, "{mark} {}", check.title)?;
            let mut findings: Vec<_> = check.findings.iter().collect();
            // Informational findings are shown only if there is no violation.
            findings.retain(|finding| self.passed || finding.level > Level::Information);
            findings.sort_by_key(|finding| Reverse(finding.level));
            for finding in findings {
                finding.write(out, paint)?;
            }
        }
        self.write_skipped(out, paint)?;
        let total = self.checks.len();
        let held = self.checks.iter().filter(|check| check.holds()).count();
        let requests = self.requests;
        if self.passed {
            let verdict = paint.green(&format!("Step {step:02} holds"));
            writeln!(out, "\n{verdict}: {held} of {total} checks, {requests} requests.")?;
            if self.detected && step < LAST_STEP {
                writeln!(out, "Next is step {:02}.", step + 1)?;
            }
        } else {
            let violations = self.violations().count();
            let (plural, start) =
                if violations == 1 { ("", "") } else { ("s", " Start with the first ✗.") };
            let verdict = paint.red(&format!("{violations} violation{plural}"));
            writeln!(out, "\n{verdict}; {held} of {total} checks hold.{start}")?;
        }
        Ok(())
    }
}

impl Report {
    /// The checks that were not made, grouped by reason.
    fn write_skipped(&self, out: &mut String, paint: Paint) -> fmt::Result {
        let skipped =
            |check: &'_ Check| check.skipped.clone().map(|reason| (reason, check.title.clone()));
        let mut last = None;
        let mut skipped: Vec<_> = self.checks.iter().filter_map(skipped).collect();
        // Stable, so that the titles keep their order.
        skipped.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (reason, title) in skipped {
            if last.as_ref() != Some(&reason) {
                writeln!(out, "{} not checked, because {reason}:", paint.dim("○"))?;
                last = Some(reason);
            }
            writeln!(out, "    {}", paint.dim(&title))?;
        }
        Ok(())
    }
}

impl Finding {
    fn write(&self, out: &mut String, paint: Paint) -> fmt::Result {
        let level = match self.level {
            Level::Violation => paint.red(self.level.name()),
            Level::Improvement => paint.yellow(self.level.name()),
            Level::Information => {
                let text = format!("{} ({}). {}", self.id, self.seen, self.hint);
                return labeled(out, self.level.name(), &text);
            }
        };
        writeln!(out, "    {level}{}{}", " ".repeat(LABEL - 4 - self.level.name().len()), self.id)?;
        let texts = [("expected", &*self.expected), ("seen", &self.seen), ("hint", &self.hint)];
        for (label, text) in texts {
            labeled(out, label, text)?;
        }
        labeled(out, "read", self.section)
    }
}

/// Writes a text with a label, wrapped.
fn labeled(out: &mut String, label: &str, text: &str) -> fmt::Result {
    let mut line = format!("    {label:<width$}", width = LABEL - 4);
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(out, "{line}")?;
            line = " ".repeat(LABEL);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    writeln!(out, "{line}")
}

/// Colors, if the output is a terminal.
#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn color(self, code: u8, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }

    fn red(self, text: &str) -> String {
        self.color(31, text)
    }

    fn green(self, text: &str) -> String {
        self.color(32, text)
    }

    fn yellow(self, text: &str) -> String {
        self.color(33, text)
    }

    fn dim(self, text: &str) -> String {
        self.color(2, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(level: Level) -> Report {
        let finding = Finding {
            level,
            id: "unit_mismatch",
            expected: "Unit: ms".to_string(),
            seen: "Unit: s ".repeat(20),
            hint: "Call it by its name.".to_string(),
            section: "numbers.md",
        };
        let check = Check {
            title: "The unit is right".to_string(),
            skipped: None,
            findings: vec![finding],
        };
        let skipped = Check {
            title: "The rest".to_string(),
            skipped: Some("no metrics".to_string()),
            findings: Vec::new(),
        };
        Report::new("mine".to_string(), 4, true, 90, vec![check, skipped])
    }

    #[test]
    fn only_violations_fail() {
        assert_eq!(report(Level::Violation).exit_status(), 1);
        assert_eq!(report(Level::Improvement).exit_status(), 0);
        assert_eq!(report(Level::Information).exit_status(), 0);
    }

    #[test]
    fn people_read_each_finding_in_full() {
        insta::assert_snapshot!(report(Level::Violation).human(false));
    }

    #[test]
    fn colors_add_nothing_but_escapes() {
        let plain = report(Level::Violation).human(false).to_string();
        let mut colored = report(Level::Violation).human(true).to_string();
        assert!(colored.contains("\u{1b}[31m✗"));
        for code in ["31", "32", "33", "2", "0"] {
            colored = colored.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_eq!(colored, plain);
    }
}
