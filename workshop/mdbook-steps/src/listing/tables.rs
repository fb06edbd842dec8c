//! The tables and keys of a TOML file: `dependencies`, `dependencies.axum`, `workspace.lints.rust`.

use std::collections::BTreeSet;

use toml::de::{DeTable, DeValue};

use super::{Part, with_comment};

/// All tables with a heading of their own, and all keys.
pub(super) fn parts(text: &str) -> Result<Vec<Part>, String> {
    let table = DeTable::parse(text).map_err(|error| error.to_string())?;
    let mut keys = Keys { text, headings: BTreeSet::new(), found: Vec::new() };
    keys.table(table.get_ref(), "");
    let Keys { headings, mut found, .. } = keys;
    for part in &mut found {
        if headings.contains(&part.lines.start) {
            let next = headings.range(part.lines.start + 1..).next();
            let next = next.map(|&next| with_comment(text, next, "#"));
            part.lines.end = next.unwrap_or(text.lines().count());
        }
        // Blank lines at the end belong to nothing.
        let lines = text.lines().take(part.lines.end).collect::<Vec<_>>();
        let blank = lines.iter().rev().take_while(|line| line.trim().is_empty()).count();
        part.lines.end = part.lines.end.saturating_sub(blank).max(part.lines.start + 1);
        part.lines.start = with_comment(text, part.lines.start, "#");
    }
    Ok(found)
}

struct Keys<'a> {
    text: &'a str,
    /// The lines with a heading such as `[dependencies]`.
    headings: BTreeSet<usize>,
    found: Vec<Part>,
}

impl Keys<'_> {
    fn table(&mut self, table: &DeTable, outer: &str) {
        for (key, value) in table {
            let name = format!("{outer}{}", key.get_ref());
            self.entry(&name, key.span().start, value.span().end, value.get_ref());
        }
    }

    fn entry(&mut self, name: &str, start: usize, end: usize, value: &DeValue) {
        let line = crate::markdown::line(self.text, start) - 1;
        let heading =
            self.text.lines().nth(line).is_some_and(|it| it.trim_start().starts_with('['));
        if heading {
            self.headings.insert(line);
        }
        let of_heading = self.text.lines().nth(line).map(heading_name).unwrap_or_default();
        // `[a.b]` mentions `a`, but shows `b` alone.
        if !heading || of_heading == name {
            let end = crate::markdown::line(self.text, end.max(start + 1) - 1);
            self.found.push(Part { name: name.to_string(), lines: line..end });
        }
        match value {
            DeValue::Table(table) => self.table(table, &format!("{name}.")),
            DeValue::Array(array) if heading => {
                // `[[bin]]`: each is a part, and each is called the same.
                for item in array {
                    if let DeValue::Table(table) = item.get_ref() {
                        let line = crate::markdown::line(self.text, item.span().start) - 1;
                        if self.headings.insert(line) {
                            let lines = line..line + 1;
                            self.found.push(Part { name: name.to_string(), lines });
                        }
                        self.table(table, &format!("{name}."));
                    }
                }
            }
            _ => {}
        }
    }
}

/// The name in a heading, without spaces and quotation marks.
fn heading_name(line: &str) -> String {
    let inner = line.trim_start().trim_start_matches('[');
    let inner = inner.split(']').next().unwrap_or_default();
    inner.split('.').map(|key| key.trim().trim_matches(['"', '\''])).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"[package]
name = "a"

# What it needs.
[dependencies]
axum = { version = "0.8" }
# A comment
list = [
    ["x"],
    ["y"]
]

# Others.
[profile.dev."package"]
debug = false
[[bin]]
name = "one"
[[bin]]
name = "two"
"#;

    fn shown(name: &str) -> Vec<String> {
        let parts = parts(TEXT).unwrap();
        let found = parts.iter().filter(|part| part.name == name);
        found.map(|part| super::super::dedent(TEXT, &part.lines)).collect()
    }

    #[test]
    fn finds_tables_and_keys() {
        assert_eq!(shown("package"), ["[package]\nname = \"a\"\n"]);
        let dependencies = shown("dependencies");
        assert_eq!(dependencies.len(), 1);
        assert!(dependencies[0].starts_with("# What it needs.\n[dependencies]\n"));
        assert!(dependencies[0].ends_with("    [\"y\"]\n]\n"), "{dependencies:?}");
        assert_eq!(shown("dependencies.axum"), ["axum = { version = \"0.8\" }\n"]);
        assert_eq!(
            shown("dependencies.list"),
            ["# A comment\nlist = [\n    [\"x\"],\n    [\"y\"]\n]\n"]
        );
        assert_eq!(
            shown("profile.dev.package"),
            ["# Others.\n[profile.dev.\"package\"]\ndebug = false\n"]
        );
        assert!(shown("profile").is_empty());
        assert_eq!(shown("bin"), ["[[bin]]\nname = \"one\"\n", "[[bin]]\nname = \"two\"\n"]);
    }

    #[test]
    fn says_where_the_syntax_is_broken() {
        assert!(parts("a = \n").unwrap_err().contains("line 1"));
    }
}
