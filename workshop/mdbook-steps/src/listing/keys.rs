//! The keys of a YAML file: `receivers`, `service.pipelines`. By indentation, which is enough for
//! block style; keys in `{braces}` and in lists are not seen.

use super::{Part, with_comment};

/// All keys, the outer ones before those within.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let lines: Vec<&str> = text.lines().collect();
    let mut parts = Vec::new();
    // The keys that the line is within: their indentation and full name.
    let mut open: Vec<(usize, String)> = Vec::new();
    // A text in block style (`run: |`) has no keys, whatever it looks like.
    let mut block: Option<usize> = None;
    for (number, line) in lines.iter().enumerate() {
        let indent = indentation(line);
        if is_blank(line) || block.is_some_and(|outer| indent > outer) {
            continue;
        }
        block = None;
        open.retain(|(outer, _)| *outer < indent);
        let Some((key, value)) = key(line.trim_start()) else { continue };
        if value.starts_with(['|', '>']) {
            block = Some(indent);
        }
        let name = match open.last() {
            Some((_, outer)) => format!("{outer}.{key}"),
            None => key.to_string(),
        };
        let end = end(&lines, number, indent);
        let start = with_comment(text, number, "#");
        parts.push(Part { name: name.clone(), lines: start..end });
        open.push((indent, name));
    }
    parts
}

/// The line after the last that is within this key.
fn end(lines: &[&str], number: usize, indent: usize) -> usize {
    let mut end = number + 1;
    for (index, line) in lines.iter().enumerate().skip(number + 1) {
        if is_blank(line) {
            continue;
        }
        let inner = indentation(line) > indent;
        let item = indentation(line) == indent && line.trim_start().starts_with("- ");
        if !inner && !item {
            break;
        }
        end = index + 1;
    }
    end
}

fn key(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let key = key.trim().trim_matches(['"', '\'']);
    let plain = !key.is_empty() && !key.contains([' ', '{', '[', '"', '\'', '#']);
    (plain && (value.is_empty() || value.starts_with(' '))).then_some((key, value.trim()))
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#')
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# The file.

receivers:
  otlp:
    # Where.
    endpoint: ${env:LISTEN:-0.0.0.0}:4318

# What it does.
processors:
  batch:
list:
- a: 1
- b
run: |
  no: key
last: {in: braces}
";

    fn shown(name: &str) -> String {
        let parts = parts(TEXT);
        let part = parts.iter().find(|part| part.name == name);
        super::super::dedent(TEXT, &part.unwrap_or_else(|| panic!("{name} in {parts:?}")).lines)
    }

    #[test]
    fn finds_keys() {
        assert_eq!(
            shown("receivers"),
            "receivers:\n  otlp:\n    # Where.\n    endpoint: ${env:LISTEN:-0.0.0.0}:4318\n"
        );
        assert_eq!(
            shown("receivers.otlp.endpoint"),
            "# Where.\nendpoint: ${env:LISTEN:-0.0.0.0}:4318\n"
        );
        assert_eq!(shown("processors"), "# What it does.\nprocessors:\n  batch:\n");
        assert_eq!(shown("list"), "list:\n- a: 1\n- b\n");
        assert_eq!(shown("run"), "run: |\n  no: key\n");
        assert_eq!(shown("last"), "last: {in: braces}\n");
    }

    #[test]
    fn invents_no_keys() {
        let names: Vec<String> = parts(TEXT).into_iter().map(|it| it.name).collect();
        assert_eq!(
            names,
            [
                "receivers",
                "receivers.otlp",
                "receivers.otlp.endpoint",
                "processors",
                "processors.batch",
                "list",
                "run",
                "last"
            ]
        );
    }
}
