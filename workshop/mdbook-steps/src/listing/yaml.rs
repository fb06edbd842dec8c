//! The top-level keys of a YAML file, such as `receivers`.

use std::collections::HashMap;

use anyhow::Result;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;

use super::{Part, with_comment};

/// Each key with its value and the comment directly above.
pub(super) fn parts(text: &str) -> Result<Vec<Part>> {
    #[expect(clippy::zero_sized_map_values, reason = "serde reads a map")]
    let keys: HashMap<Spanned<String>, IgnoredAny> = serde_saphyr::from_str(text)?;
    let mut starts = Vec::new();
    for key in keys.into_keys() {
        let line = usize::try_from(key.defined.line())? - 1;
        starts.push((with_comment(text, line, "#"), key.value));
    }
    starts.sort();
    let lines: Vec<&str> = text.lines().collect();
    let mut parts = Vec::new();
    for (index, (start, name)) in starts.iter().enumerate() {
        let next = starts.get(index + 1).map_or(lines.len(), |(next, _)| *next);
        let blank = lines[*start..next].iter().rev().take_while(|line| line.trim().is_empty());
        parts.push(Part { name: name.clone(), lines: *start..next - blank.count() });
    }
    Ok(parts)
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
run: |
  no: key

last: {in: braces}
";

    #[test]
    fn finds_keys_with_their_comments() {
        let parts = parts(TEXT).unwrap();
        let shown: Vec<_> = parts
            .iter()
            .map(|it| (it.name.as_str(), super::super::dedent(TEXT, &it.lines)))
            .collect();
        let expected = [
            (
                "receivers",
                "receivers:\n  otlp:\n    # Where.\n    endpoint: ${env:LISTEN:-0.0.0.0}:4318\n",
            ),
            ("processors", "# What it does.\nprocessors:\n  batch:\n"),
            ("list", "list:\n- a: 1\n"),
            ("run", "run: |\n  no: key\n"),
            ("last", "last: {in: braces}\n"),
        ];
        assert_eq!(shown, expected.map(|(name, text)| (name, text.to_string())));
    }

    #[test]
    fn names_the_line_of_invalid_syntax() {
        let error = parts("a: 1\nb: [\n").unwrap_err().to_string();
        assert!(error.contains("line "), "{error}");
    }
}
