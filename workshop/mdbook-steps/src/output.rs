//! `{{#output step-02/console}}`: a snapshot that a test recorded.

use anyhow::{Context as _, Result, anyhow, bail};

use crate::directive::Directive;
use crate::error::missing;
use crate::html;
use crate::page::Page;
use crate::workspace::{Source, Workspace, split_step};

pub(crate) fn expand(directive: &Directive, page: &mut Page) -> Result<String> {
    directive.allow_options(&["from", "to", "language"])?;
    let [name] = directive.exactly("{{#output step-02/console}}")?;
    let Source { path, text } = read(page.workspace, name)?;
    let snapshot = content(&text).with_context(|| path.clone())?;
    let (from, to) = (directive.option("from"), directive.option("to"));
    let shown = excerpt(snapshot, from, to).with_context(|| path.clone())?;
    page.used.outputs.insert(path);
    let language = directive.option("language").unwrap_or("text");
    Ok(html::fenced("output", None, language, shown))
}

/// `step-02/console` is a snapshot of the step. Any other path starts at the root.
fn read(workspace: &Workspace, name: &str) -> Result<Source> {
    let Some((step, snapshot)) = split_step(name) else {
        return workspace.read(&format!("{name}.snap"));
    };
    let folder = format!("{}/snapshots", workspace.step(step)?);
    let path = format!("{folder}/{snapshot}.snap");
    if workspace.has(&path) {
        return workspace.read(&path);
    }
    let files = workspace.list(&folder);
    let names = files.iter().filter_map(|file| file.strip_suffix(".snap")).map(str::to_string);
    let names: Vec<String> = names.collect();
    Err(missing(format!("snapshot `{snapshot}` in {folder}"), snapshot, &names))
}

/// The text after insta's header, which is between two lines of `---`.
fn content(text: &str) -> Result<&str> {
    let header = text.strip_prefix("---\n").and_then(|text| text.split_once("\n---\n"));
    let (_, content) = header.context("the snapshot has no header between two lines of ---")?;
    if content.trim().is_empty() {
        bail!("the snapshot is empty");
    }
    Ok(content)
}

/// The text from the line that contains `from`, up to the next line that contains `to`.
fn excerpt<'a>(text: &'a str, from: Option<&str>, to: Option<&str>) -> Result<&'a str> {
    let text = match from {
        Some(from) => &text[only_line(text, from)?..],
        None => text,
    };
    let Some(to) = to else { return Ok(text) };
    let end = lines(text).skip(1).find(|(_, line)| line.contains(to));
    let (end, _) = end.with_context(|| format!("no line after the first matches to=\"{to}\""))?;
    Ok(&text[..end])
}

/// The start of the only line that contains `from`.
fn only_line(text: &str, from: &str) -> Result<usize> {
    let found: Vec<_> = lines(text).filter(|(_, line)| line.contains(from)).collect();
    match found[..] {
        [(start, _)] => Ok(start),
        [] => Err(anyhow!("no line matches from=\"{from}\"")),
        [(_, one), (_, other), ..] => {
            bail!("from=\"{from}\" is ambiguous: `{}`, `{}`", one.trim(), other.trim())
        }
    }
}

/// Each line and its start.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        start += line.len();
        (start - line.len(), line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_the_header() {
        assert_eq!(content("---\nsource: a\n---\nb\n---\nc\n").unwrap(), "b\n---\nc\n");
        assert_eq!(content("---\nsource: a\ninfo:\n  c: d\n---\n\ne\n").unwrap(), "\ne\n");
        for text in ["a\n", "---\na\n", "---\nsource: a\n---\n", "---\nsource: a\n---\n \n"] {
            assert!(content(text).is_err(), "{text}");
        }
    }

    #[test]
    fn cuts_an_excerpt() {
        let text = "head\nMetric #0\n  unit s\nMetric #1\n  unit By\n";
        let cut = |from, to| excerpt(text, from, to).map_err(|error| error.to_string());
        assert_eq!(cut(None, None).unwrap(), text);
        assert_eq!(cut(Some("#0"), Some("Metric")).unwrap(), "Metric #0\n  unit s\n");
        assert_eq!(cut(Some("#1"), None).unwrap(), "Metric #1\n  unit By\n");
        assert_eq!(cut(None, Some("#0")).unwrap(), "head\n");
        assert_eq!(
            cut(Some("Metric"), None).unwrap_err(),
            "from=\"Metric\" is ambiguous: `Metric #0`, `Metric #1`"
        );
        assert_eq!(cut(Some("Metrik"), None).unwrap_err(), "no line matches from=\"Metrik\"");
        assert_eq!(
            cut(Some("#1"), Some("Metric")).unwrap_err(),
            "no line after the first matches to=\"Metric\""
        );
        assert!(cut(None, Some("head")).is_err(), "an excerpt has at least one line");
    }
}
