//! `{{#listing step-02/app.rs}}`: a file, or a named part of a file.

mod rust;
mod yaml;

use std::ops::Range;

use anyhow::{Context as _, Result, bail, ensure};
use regex::Regex;

use crate::directive::Directive;
use crate::error::missing;
use crate::html;
use crate::page::Page;
use crate::workspace::Source;

/// A part of a file.
#[derive(Debug)]
struct Part {
    name: String,
    /// The lines, counted from 0.
    lines: Range<usize>,
}

pub(crate) fn expand(directive: &Directive, page: &mut Page) -> Result<String> {
    directive.allow_options(&[])?;
    // The name of a part may contain spaces: `Drop for Measurement`.
    let whole = directive.words().join(" ");
    let (path, name) = match whole.split_once(':') {
        Some((path, name)) => (path, Some(name)),
        None => (whole.as_str(), None),
    };
    let usage = "write {{#listing step-02/app.rs}} or {{#listing step-02/app.rs:item}}";
    ensure!(!path.is_empty() && !path.contains(' ') && name != Some(""), "{usage}");
    let source = page.workspace.source(path)?;
    let shown = match name {
        Some(name) => part(&source, name)?,
        None => source.text.clone(),
    };
    let language = language(&source.path);
    let shown = if language.starts_with("rust") { unhide(&shown)? } else { shown };
    Ok(html::fenced("listing", Some(&html::code(&source.path)), language, &shown))
}

/// The part with this name, without its common indentation.
fn part(source: &Source, name: &str) -> Result<String> {
    let Source { path, text } = source;
    let parts = match extension(path) {
        "rs" => rust::parts(text),
        "yml" => yaml::parts(text),
        _ => bail!("cannot show a part of {path}: only Rust and YAML files have named parts"),
    };
    let parts = parts.with_context(|| path.clone())?;
    let found: Vec<&Part> = parts.iter().filter(|part| part.name == name).collect();
    match found[..] {
        [part] => Ok(dedent(text, &part.lines)),
        [] => {
            let names: Vec<String> = parts.into_iter().map(|part| part.name).collect();
            Err(missing(format!("`{name}` in {path}"), name, &names))
        }
        [one, other, ..] => {
            let (one, other) = (one.lines.start + 1, other.lines.start + 1);
            bail!("`{name}` is ambiguous: {path}:{one}, {path}:{other}")
        }
    }
}

/// The lines without their common indentation.
fn dedent(text: &str, range: &Range<usize>) -> String {
    let lines: Vec<&str> = text.lines().skip(range.start).take(range.len()).collect();
    let filled = lines.iter().filter(|line| !line.trim().is_empty());
    let indentation = filled.map(|line| line.len() - line.trim_start_matches(' ').len());
    let common = indentation.min().unwrap_or_default();
    lines.iter().flat_map(|line| [line.get(common..).unwrap_or_default(), "\n"]).collect()
}

/// The first line of the comment directly above a line, or the line itself.
fn with_comment(text: &str, start: usize, comment: &str) -> usize {
    let above: Vec<&str> = text.lines().take(start).collect();
    let comments = above.iter().rev().take_while(|line| {
        let line = line.trim_start();
        // A comment with `//!` describes the file.
        line.starts_with(comment) && !line.starts_with("//!")
    });
    start - comments.count()
}

/// mdBook hides Rust lines that start with `# `, as rustdoc does. A second `#` prevents that.
fn unhide(text: &str) -> Result<String> {
    let hidden = Regex::new(r"(?m)^([ \t]*)#([ #]|$)")?;
    Ok(hidden.replace_all(text, "$1##$2").into_owned())
}

fn extension(path: &str) -> &str {
    path.rsplit(['.', '/']).next().unwrap_or_default()
}

/// The highlighter's name for the language of a file.
fn language(path: &str) -> &str {
    match extension(path) {
        // `ignore` removes mdBook's button for the playground, which lacks the crates of a step.
        "rs" => "rust,ignore",
        "yml" => "yaml",
        "envrc" => "bash",
        // `.env.example`
        "example" => "properties",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_a_file_extension_to_a_language() {
        for (path, expected) in [
            ("a/app.rs", "rust,ignore"),
            ("Cargo.toml", "toml"),
            ("docker-compose.yml", "yaml"),
            (".envrc", "bash"),
            (".env.example", "properties"),
            ("azure/main.bicep", "bicep"),
        ] {
            assert_eq!(language(path), expected, "{path}");
        }
    }

    #[test]
    fn removes_common_indentation() {
        assert_eq!(dedent("x\n    a\n\n      b\ny\n", &(1..4)), "a\n\n  b\n");
        assert_eq!(dedent("  a\nb\n", &(0..2)), "  a\nb\n");
    }

    #[test]
    fn mdbook_hides_no_line() {
        assert_eq!(
            unhide("#\n  # a\n## b\n#[c]\n#!d\n").unwrap(),
            "##\n  ## a\n### b\n#[c]\n#!d\n"
        );
    }
}
