//! `{{#listing step-02/telemetry.rs:init}}`: a file, or the part of it with that name.

mod keys;
mod rust;
mod tables;

use std::ops::Range;

use crate::block;
use crate::directive::Directive;
use crate::error::Problem;
use crate::used::Used;
use crate::workspace::{Source, Workspace};

/// A part of a file that a listing can show.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    name: String,
    /// Its lines, counted from 0.
    lines: Range<usize>,
}

pub(crate) fn expand(
    directive: &Directive,
    workspace: &Workspace,
    used: &mut Used,
) -> Result<String, Problem> {
    directive.only(&["caption"])?;
    // An anchor may have spaces: `Drop for Measurement`.
    let whole = directive.words.join(" ");
    let (path, anchor) = match whole.split_once(':') {
        Some((path, anchor)) => (path.trim(), Some(anchor.trim())),
        None => (&*whole, None),
    };
    if path.is_empty() || path.contains(' ') || anchor.is_some_and(str::is_empty) {
        let usage = "write {{#listing step-02/app.rs}} or {{#listing step-02/app.rs:item}}";
        return Err(Problem::Usage(usage.to_string()));
    }
    let source = workspace.source(path)?;
    let shown = match anchor {
        Some(anchor) => part(&source, anchor)?,
        None => source.text.clone(),
    };
    let language = language(&source.path);
    let shown = if language.starts_with("rust") { unhide(&shown) } else { shown };
    let mut caption = block::code(&source.path);
    if let Some(words) = directive.option("caption") {
        caption = format!("{caption}: {}", block::html(words));
    }
    used.listings.insert(source.path);
    Ok(block::figure("listing", Some(&caption), &block::fence(&language, &shown)))
}

/// The lines of the part with this name.
fn part(source: &Source, anchor: &str) -> Result<String, Problem> {
    let Source { path, text } = source;
    let (anchor, parts) = match extension(path) {
        "rs" => (rust::normalize(anchor), rust::parts(text)),
        "toml" => (anchor.to_string(), tables::parts(text)),
        "yml" | "yaml" => (anchor.to_string(), Ok(keys::parts(text))),
        _ => {
            return Err(Problem::Usage(format!(
                "of {path} only the whole can be shown; parts are for Rust, TOML and YAML"
            )));
        }
    };
    let parts = parts.map_err(|error| Problem::broken(path, error))?;
    let mut found = parts.iter().filter(|part| part.name == anchor);
    match (found.next(), found.next()) {
        (Some(part), None) => Ok(dedent(text, &part.lines)),
        (None, _) => Err(Problem::missing(
            format!("`{anchor}` in {path}"),
            &*anchor,
            parts.into_iter().map(|part| part.name).collect(),
        )),
        (Some(one), Some(other)) => {
            let lines = [one, other].into_iter().chain(found);
            Err(Problem::Ambiguous {
                what: format!("`{anchor}`"),
                those: lines.map(|part| format!("{path}:{}", part.lines.start + 1)).collect(),
            })
        }
    }
}

/// Lines without the indentation that they have in common.
fn dedent(text: &str, lines: &Range<usize>) -> String {
    let lines: Vec<&str> =
        text.lines().skip(lines.start).take(lines.end.saturating_sub(lines.start)).collect();
    let common = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or_default();
    lines.iter().flat_map(|line| [line.get(common..).unwrap_or_default(), "\n"]).collect()
}

/// Comment lines directly above belong to what is below them, unless something else starts there.
fn with_comment(text: &str, start: usize, comment: &str) -> usize {
    let above: Vec<&str> = text.lines().take(start).collect();
    let lines = above.iter().rev().take_while(|line| {
        let line = line.trim_start();
        // `//!` is about the file.
        line.starts_with(comment) && !line.starts_with("//!")
    });
    start - lines.count()
}

/// mdBook hides Rust lines that start with `# `, as rustdoc does; another `#` saves them.
fn unhide(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let rest = line.trim_start();
        if let Some(after) = rest.strip_prefix('#')
            && (after.is_empty() || after.starts_with([' ', '#']))
        {
            out.push_str(&line[..line.len() - rest.len()]);
            out.push('#');
            out.push_str(rest);
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// What highlighters call the language of a file.
fn language(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let language = match extension(path) {
        // A step is more than one file, so mdBook's button that sends one to the playground is no use.
        "rs" => "rust,ignore",
        "yml" | "yaml" => "yaml",
        "sh" | "envrc" => "bash",
        "lock" => "toml",
        "md" => "markdown",
        "" | "txt" | "snap" => "text",
        _ if name.starts_with(".env") => "properties",
        other => other,
    };
    language.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages() {
        for (path, expected) in [
            ("a/app.rs", "rust,ignore"),
            ("Cargo.toml", "toml"),
            ("docker-compose.yml", "yaml"),
            (".envrc", "bash"),
            (".env.example", "properties"),
            ("azure/main.bicep", "bicep"),
            ("LICENSE", "text"),
        ] {
            assert_eq!(language(path), expected, "{path}");
        }
    }

    #[test]
    fn only_common_indentation_goes() {
        assert_eq!(dedent("x\n    a\n\n      b\ny\n", &(1..4)), "a\n\n  b\n");
        assert_eq!(dedent("  a\nb\n", &(0..2)), "  a\nb\n");
        assert_eq!(dedent("a", &(5..7)), "");
    }

    #[test]
    fn mdbook_hides_no_line() {
        assert_eq!(unhide("#\n  # a\n## b\n#[c]\n#!d\n"), "##\n  ## a\n### b\n#[c]\n#!d\n");
    }
}
