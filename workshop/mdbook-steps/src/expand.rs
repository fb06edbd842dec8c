//! Expands the directives of one chapter.

use std::ops::Range;

use crate::directive::{self, Directive};
use crate::error::{Error, Errors, Problem};
use crate::figure::{self, Place};
use crate::used::Used;
use crate::workspace::Workspace;
use crate::{block, diff, listing, markdown, output, schedule, telemetry, version};

/// All directives, as the error for any other name lists them.
const DIRECTIVES: [&str; 9] = [
    "diff",
    "figure",
    "listing",
    "minutes",
    "output",
    "schedule",
    "telemetry",
    "telemetry-diff",
    "version",
];

/// mdBook's own that go on when their file is missing.
const REFUSED: [&str; 4] = ["include", "playground", "playpen", "rustdoc_include"];

/// Expands a chapter of the book whose sources are in `book`, and tells what it shows.
pub(crate) fn chapter(
    text: &str,
    name: &str,
    book: &str,
    workspace: &Workspace,
) -> Result<(String, Used), Errors> {
    let mut chapter = Chapter {
        text,
        file: format!("{book}/{name}"),
        workspace,
        place: Place { book, chapter: name, number: 0 },
        used: Used::default(),
        errors: Vec::new(),
    };
    let mut out = String::new();
    let mut copied = 0;
    // What a directive says is for us and not for Markdown: two backticks in two directives, say,
    // are no code. So each is blotted out before the next is looked for.
    let mut blotted = text.to_string();
    let mut outline = markdown::read(&blotted);
    let mut at = 0;
    while let Some(start) = directive::next(text, at) {
        if let Some(code) = outline.code_at(start) {
            at = code.end.max(start + 1);
            continue;
        }
        let (range, directive) = directive::read(text, start);
        at = range.end;
        match directive.and_then(|directive| chapter.expand(&directive, &range)) {
            // mdBook's own: left for it.
            Ok(None) => {}
            Ok(Some(shown)) => {
                out.push_str(&text[copied..range.start]);
                out.push_str(&shown);
                copied = range.end;
            }
            Err(problem) => chapter.error(&range, Some(shorten(&text[range.clone()])), problem),
        }
        blot(&mut blotted, &range);
        outline = markdown::read(&blotted);
    }
    out.push_str(&text[copied..]);
    for image in &outline.images {
        let checked = figure::check(image, workspace, &chapter.place, &mut chapter.used);
        if let Err(problem) = checked {
            chapter.error(&(image.start..image.start), None, problem);
        }
    }
    chapter.used.fences = outline.fences;
    if chapter.errors.is_empty() {
        return Ok((out, chapter.used));
    }
    chapter.errors.sort_by_key(|error| error.line);
    Err(Errors(chapter.errors))
}

struct Chapter<'a> {
    text: &'a str,
    file: String,
    workspace: &'a Workspace,
    place: Place<'a>,
    used: Used,
    errors: Vec<Error>,
}

impl Chapter<'_> {
    fn error(&mut self, range: &Range<usize>, directive: Option<String>, problem: Problem) {
        let line = markdown::line(self.text, range.start);
        self.errors.push(Error { file: self.file.clone(), line, directive, problem });
    }

    fn expand(
        &mut self,
        directive: &Directive,
        range: &Range<usize>,
    ) -> Result<Option<String>, Problem> {
        let (workspace, used) = (self.workspace, &mut self.used);
        let block = match &*directive.name {
            "title" => return Ok(None),
            "version" => return version::expand(directive, workspace, used).map(Some),
            "minutes" => {
                return schedule::minutes(directive, workspace, &self.place, used).map(Some);
            }
            "diff" => diff::expand(directive, workspace, used),
            "figure" => {
                self.place.number += 1;
                figure::expand(directive, workspace, &self.place, used)
            }
            "listing" => listing::expand(directive, workspace, used),
            "output" => output::expand(directive, workspace, used),
            "schedule" => schedule::table(directive, workspace, &self.place, used),
            "telemetry" => telemetry::table(directive, workspace, used),
            "telemetry-diff" => telemetry::diff(directive, workspace, used),
            name if REFUSED.contains(&name) => Err(Problem::Refused),
            name => Err(Problem::UnknownDirective {
                name: name.to_string(),
                there: DIRECTIVES.map(str::to_string).to_vec(),
            }),
        }?;
        if let Some(eaten) = eaten(&block) {
            return Err(Problem::Eaten(eaten));
        }
        self.placed(&block, range).map(Some)
    }

    /// A block needs a line of its own, in a list or a quotation too.
    fn placed(&self, block: &str, range: &Range<usize>) -> Result<String, Problem> {
        let before = &self.text[..range.start];
        let prefix = before.rsplit('\n').next().unwrap_or_default();
        let after = self.text[range.end..].split('\n').next().unwrap_or_default();
        if !block::may_precede(prefix) || !after.trim().is_empty() {
            return Err(Problem::Usage("it has to stand on a line of its own".to_string()));
        }
        // The blank line ends the HTML; what follows is Markdown again.
        Ok(format!("{}\n", block::indent(block, prefix)))
    }
}

/// Text that mdBook's `links`, which runs after us and looks into fences too, would replace.
fn eaten(block: &str) -> Option<String> {
    let mut at = 0;
    while let Some(found) = block[at..].find("{{") {
        let start = at + found;
        let inner = block[start + 2..].trim_start();
        if let Some(name) = inner.strip_prefix('#') {
            let length =
                name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
            let own = name[..length] == *"title" || REFUSED.contains(&&name[..length]);
            if own || block[..start].ends_with('\\') {
                return Some(format!("{{{{#{}", &name[..length]));
            }
        }
        at = start + 1;
    }
    None
}

/// Replaces a directive by as much that means nothing in Markdown.
fn blot(text: &mut String, range: &Range<usize>) {
    let blot: String = text[range.clone()]
        .bytes()
        .map(|byte| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { 'x' })
        .collect();
    text.replace_range(range.clone(), &blot);
}

/// The directive as it is written, on one line.
fn shorten(directive: &str) -> String {
    let line = directive.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(80) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}
