//! Expands the directives of one chapter.

use std::ops::Range;

use anyhow::{Result, ensure};

use crate::directive::{self, Directive};
use crate::error::{Error, Errors, missing};
use crate::used::Used;
use crate::workspace::{BOOK, Workspace};
use crate::{diff, exercise, figure, listing, measured, output, powershell, schedule, version};

/// A chapter during its expansion.
pub(crate) struct Page<'a> {
    pub workspace: &'a Workspace,
    /// The path of the chapter's file from the book's sources, with slashes.
    pub chapter: &'a str,
    /// The number of figures that have been expanded.
    pub figures: usize,
    pub used: Used,
}

/// Expands a chapter, and lists the sources that the chapter shows.
pub(crate) fn expand(
    text: &str,
    chapter: &str,
    workspace: &Workspace,
) -> Result<(String, Used), Errors> {
    let mut page = Page { workspace, chapter, figures: 0, used: Used::default() };
    let mut errors = Vec::new();
    let mut expanded = String::new();
    let mut copied = 0;
    for found in directive::find(text) {
        let range = found.range;
        match found.directive.and_then(|directive| page.expand(&directive, text, &range)) {
            Ok(shown) => {
                expanded.push_str(&text[copied..range.start]);
                expanded.push_str(&shown);
                copied = range.end;
            }
            Err(error) => errors.push(Error {
                file: format!("{BOOK}/{chapter}"),
                line: text[..range.start].matches('\n').count() + 1,
                directive: text[range].trim_end().to_string(),
                message: format!("{error:#}"),
            }),
        }
    }
    expanded.push_str(&text[copied..]);
    if !errors.is_empty() {
        return Err(Errors(errors));
    }
    match powershell::add(&expanded) {
        Ok(expanded) => Ok((expanded, page.used)),
        Err((command, message)) => {
            let line = text.lines().position(|line| line.ends_with(&command)).unwrap_or_default();
            let file = format!("{BOOK}/{chapter}");
            Err(Errors(vec![Error { file, line: line + 1, directive: command, message }]))
        }
    }
}

type Expand = fn(&Directive, &mut Page) -> Result<String>;

const DIRECTIVES: [(&str, Expand); 10] = [
    ("diff", diff::expand),
    ("exercise", exercise::exercise),
    ("figure", figure::expand),
    ("labs", exercise::labs),
    ("listing", listing::expand),
    ("measured", measured::expand),
    ("minutes", schedule::minutes),
    ("output", output::expand),
    ("schedule", schedule::table),
    ("version", version::expand),
];

/// The directives that can be part of a sentence. The others are blocks.
const INLINE: [&str; 3] = ["measured", "minutes", "version"];

impl Page<'_> {
    fn expand(
        &mut self,
        directive: &Directive,
        text: &str,
        range: &Range<usize>,
    ) -> Result<String> {
        let name = directive.name.as_str();
        let Some((_, expand)) = DIRECTIVES.iter().find(|(known, _)| *known == name) else {
            let names = DIRECTIVES.map(|(name, _)| name.to_string());
            return Err(missing(format!("directive `{name}`"), name, &names));
        };
        let shown = expand(directive, self)?;
        let alone = is_alone(text, range) || INLINE.contains(&name);
        ensure!(alone, "this directive needs a line of its own");
        Ok(shown)
    }

    /// The path from the chapter's folder to the book's sources.
    pub fn up(&self) -> String {
        "../".repeat(self.chapter.matches('/').count())
    }
}

fn is_alone(text: &str, range: &Range<usize>) -> bool {
    let before = text[..range.start].rsplit('\n').next().unwrap_or_default();
    let after = text[range.end..].split('\n').next().unwrap_or_default();
    before.is_empty() && after.trim().is_empty()
}
