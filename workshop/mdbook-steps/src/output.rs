//! `{{#output step-02/console}}`: what a program printed, as a snapshot test recorded it.

use crate::block;
use crate::directive::Directive;
use crate::error::Problem;
use crate::used::Used;
use crate::workspace::{Source, Step, Workspace, split};

pub(crate) fn expand(
    directive: &Directive,
    workspace: &Workspace,
    used: &mut Used,
) -> Result<String, Problem> {
    directive.only(&["from", "to", "caption"])?;
    let [name] = directive.exactly("output step-02/console")?;
    let snapshot = read(workspace, name)?;
    let shown = excerpt(&snapshot, directive.option("from"), directive.option("to"))?;
    let is_json = shown.trim_start().starts_with(['{', '['])
        && serde_json::from_str::<serde_json::Value>(shown).is_ok();
    let language = if is_json { "json" } else { "text" };
    used.outputs.insert(snapshot.path.clone());
    let caption = directive.option("caption").map(block::html);
    Ok(block::figure("output", caption.as_deref(), &block::fence(language, shown)))
}

/// The content of a snapshot: `step-02/console` is in the step, anything else a path from the root.
pub(crate) fn read(workspace: &Workspace, name: &str) -> Result<Source, Problem> {
    match split(name) {
        Some((step, snapshot)) => of_step(workspace, &workspace.step(step)?, snapshot),
        None => content(workspace.read(&format!("{name}.snap"))?),
    }
}

/// The names of a step's snapshots.
pub(crate) fn names(workspace: &Workspace, step: &Step) -> Vec<String> {
    let files = workspace.list(&format!("{}/snapshots", step.folder));
    files.iter().filter_map(|file| Some(file.strip_suffix(".snap")?.to_string())).collect()
}

/// The content of a step's snapshot.
pub(crate) fn of_step(
    workspace: &Workspace,
    step: &Step,
    snapshot: &str,
) -> Result<Source, Problem> {
    let path = format!("{}/snapshots/{snapshot}.snap", step.folder);
    if !workspace.has(&path) {
        let what = format!("snapshot `{snapshot}` in {}/snapshots", step.folder);
        return Err(Problem::missing(what, snapshot, names(workspace, step)));
    }
    content(workspace.read(&path)?)
}

/// insta's header is YAML between two lines of `---`, as long as it likes to be.
fn content(source: Source) -> Result<Source, Problem> {
    let Source { path, text } = source;
    let body = text.strip_prefix("---\n").and_then(|rest| {
        let mut at = 0;
        rest.split_inclusive('\n').find_map(|line| {
            at += line.len();
            (line.trim_end() == "---").then(|| &rest[at..])
        })
    });
    let Some(body) = body else {
        return Err(Problem::broken(path, "has no header between two lines of ---"));
    };
    if body.trim().is_empty() {
        return Err(Problem::Empty(path));
    }
    Ok(Source { text: body.to_string(), path })
}

/// From the one line that has `from` up to the next after it that has `to`.
fn excerpt<'a>(
    snapshot: &'a Source,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<&'a str, Problem> {
    let Source { path, text } = snapshot;
    let mut start = 0;
    let mut after = 0;
    if let Some(from) = from {
        let mut found = Vec::new();
        let mut at = 0;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            if line.contains(from) {
                found.push((number, at, line));
            }
            at += line.len();
        }
        match found[..] {
            [(_, at, line)] => (start, after) = (at, at + line.len()),
            [] => return Err(Problem::missing_line("from", from, path, text)),
            _ => {
                let those = found.iter().map(|(_, _, line)| format!("`{}`", line.trim()));
                return Err(Problem::Ambiguous {
                    what: format!("from=\"{from}\" in {path}"),
                    those: those.collect(),
                });
            }
        }
    }
    let Some(to) = to else { return Ok(&text[start..]) };
    let mut at = after;
    for line in text[after..].split_inclusive('\n') {
        if line.contains(to) && at > start {
            return Ok(&text[start..at]);
        }
        at += line.len();
    }
    Err(Problem::missing_line("to", to, path, &text[after..]))
}

impl Problem {
    /// No line has this text; the lines that there are would be too many to list.
    fn missing_line(option: &str, wanted: &str, path: &str, text: &str) -> Self {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let near = similar::get_close_matches(wanted, &lines, 1, 0.5);
        let near = near.first().map(|it| format!(". Did you mean `{it}`?")).unwrap_or_default();
        let after = if option == "to" { " after the first that it shows" } else { "" };
        Self::broken(path, format!("no line{after} has {option}=\"{wanted}\"{near}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(text: &str) -> Result<Source, Problem> {
        content(Source { path: "a.snap".to_string(), text: text.to_string() })
    }

    #[test]
    fn the_header_has_any_length() {
        let text = |it: &str| snapshot(it).unwrap().text;
        assert_eq!(text("---\nsource: a\n---\nb\n---\nc\n"), "b\n---\nc\n");
        assert_eq!(text("---\nsource: a\nexpression: b\ninfo:\n  c: d\n---\n\ne\n"), "\ne\n");
    }

    #[test]
    fn no_header_or_no_content_is_no_snapshot() {
        for text in ["a\n", "---\na\n", "---\nsource: a\n---\n", "---\nsource: a\n---\n \n"] {
            assert!(snapshot(text).is_err(), "{text}");
        }
    }

    #[test]
    fn excerpts() {
        let text = "---\n---\nhead\nMetric #0\n  unit s\nMetric #1\n  unit By\n";
        let snapshot = snapshot(text).unwrap();
        let cut = |from, to| excerpt(&snapshot, from, to).map_err(|it| it.to_string());
        assert_eq!(cut(None, None).unwrap(), snapshot.text);
        assert_eq!(cut(Some("#0"), Some("Metric")).unwrap(), "Metric #0\n  unit s\n");
        assert_eq!(cut(Some("#1"), None).unwrap(), "Metric #1\n  unit By\n");
        assert_eq!(cut(None, Some("#0")).unwrap(), "head\n");
        assert_eq!(
            cut(Some("Metric"), None).unwrap_err(),
            "from=\"Metric\" in a.snap could be any of `Metric #0`, `Metric #1`"
        );
        assert_eq!(
            cut(Some("Metrik #0"), None).unwrap_err(),
            "a.snap: no line has from=\"Metrik #0\". Did you mean `Metric #0`?"
        );
        assert_eq!(
            cut(Some("#1"), Some("Metric #0")).unwrap_err(),
            "a.snap: no line after the first that it shows has to=\"Metric #0\""
        );
    }

    #[test]
    fn an_excerpt_has_at_least_a_line() {
        assert!(excerpt(&snapshot("---\n---\na\nb\n").unwrap(), None, Some("a")).is_err());
    }
}
