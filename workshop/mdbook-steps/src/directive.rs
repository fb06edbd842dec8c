//! The syntax of all directives: `{{#name words... option="value"...}}`, on one line.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use anyhow::{Result, anyhow, bail};
use regex::{Captures, Regex};

use crate::error::missing;

static START: LazyLock<Regex> = LazyLock::new(|| regex(r"\{\{[ \t]*#"));

/// A quoted value may contain braces.
static DIRECTIVE: LazyLock<Regex> = LazyLock::new(|| {
    regex(r#"^\{\{[ \t]*#(?<name>[\w-]*)(?<arguments>(?:"[^"\n]*"|[^"{}\n])*)\}\}"#)
});

static ARGUMENT: LazyLock<Regex> =
    LazyLock::new(|| regex(r#"(?<option>[\w-]+)="(?<value>[^"]*)"|(?<word>\S+)"#));

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a test uses this pattern")
}

/// A parsed directive.
#[derive(Debug)]
pub(crate) struct Directive {
    pub name: String,
    words: Vec<String>,
    options: BTreeMap<String, String>,
}

impl Directive {
    pub fn words(&self) -> &[String] {
        &self.words
    }

    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// Returns an error for an option that this directive does not have.
    pub fn allow_options(&self, known: &[&str]) -> Result<()> {
        let unknown = self.options.keys().find(|name| !known.contains(&name.as_str()));
        match unknown {
            None => Ok(()),
            Some(name) => {
                let known: Vec<String> = known.iter().map(ToString::to_string).collect();
                Err(missing(format!("option `{name}`"), name, &known))
            }
        }
    }

    /// The words, if the example has the same number of words.
    pub fn exactly<const N: usize>(&self, example: &str) -> Result<[&str; N]> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        words.try_into().map_err(|_| anyhow!("write {example}"))
    }
}

/// A part of a chapter that looks like a directive.
pub(crate) struct Found {
    pub range: Range<usize>,
    pub directive: Result<Directive>,
}

/// Finds all directives of a chapter.
pub(crate) fn find(text: &str) -> Vec<Found> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(start) = START.find_at(text, at) {
        let start = start.start();
        let found = match DIRECTIVE.captures(&text[start..]) {
            Some(captures) => {
                Found { range: start..start + captures[0].len(), directive: parse(&captures) }
            }
            None => Found { range: start..end_of_line(text, start), directive: Err(unclosed()) },
        };
        at = found.range.end;
        all.push(found);
    }
    all
}

fn end_of_line(text: &str, start: usize) -> usize {
    text[start..].find('\n').map_or(text.len(), |length| start + length)
}

fn unclosed() -> anyhow::Error {
    anyhow!("the directive is not closed: end it with `}}}}` on the same line, and close each `\"`")
}

fn parse(captures: &Captures) -> Result<Directive> {
    let name = captures["name"].to_string();
    let mut directive = Directive { name, words: Vec::new(), options: BTreeMap::new() };
    for argument in ARGUMENT.captures_iter(&captures["arguments"]) {
        let Some(option) = argument.name("option") else {
            let word = &argument["word"];
            if word.contains(['=', '"']) {
                bail!("invalid word `{word}`; an option is written as name=\"value\"");
            }
            directive.words.push(word.to_string());
            continue;
        };
        let (option, value) = (option.as_str(), &argument["value"]);
        if value.trim().is_empty() {
            bail!("the option `{option}` is empty");
        }
        if directive.options.insert(option.to_string(), value.to_string()).is_some() {
            bail!("the option `{option}` is given twice");
        }
    }
    Ok(directive)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Result<Directive, String> {
        let mut found = find(text);
        assert_eq!(found.len(), 1, "{text}");
        found.remove(0).directive.map_err(|error| error.to_string())
    }

    #[test]
    fn parses_words_and_options() {
        let directive = only(r#"{{#output step-02/console from="Metric #1" to=" a}} "}}"#).unwrap();
        assert_eq!(directive.name, "output");
        assert_eq!(directive.words, ["step-02/console"]);
        assert_eq!(directive.option("from"), Some("Metric #1"));
        assert_eq!(directive.option("to"), Some(" a}} "));
        assert_eq!(directive.option("caption"), None);
    }

    #[test]
    fn finds_each_directive() {
        let starts = |text: &str| find(text).iter().map(|it| it.range.start).collect::<Vec<_>>();
        assert_eq!(starts("a {{b}} {{#c}}{{ #d}}"), [8, 14]);
        assert_eq!(starts("{{{#c}}}"), [1]);
        assert!(starts("{{").is_empty());
    }

    #[test]
    fn refuses_a_directive_without_an_end() {
        for text in ["{{#listing a", "{{#listing a\nb}}", "{{#figure a alt=\"b}}"] {
            assert!(only(text).unwrap_err().contains("is not closed"), "{text}");
        }
    }

    #[test]
    fn refuses_options_without_quotation_marks() {
        for word in ["from=b", "from=\u{201c}b\u{201d}", "\"a\""] {
            let error = only(&format!("{{{{#output {word}}}}}")).unwrap_err();
            assert_eq!(
                error,
                format!("invalid word `{word}`; an option is written as name=\"value\"")
            );
        }
    }

    #[test]
    fn refuses_options_that_are_unknown_repeated_or_empty() {
        let check = |text: &str| {
            let directive = only(text)?;
            directive.allow_options(&["from", "to"]).map_err(|error| error.to_string())
        };
        assert_eq!(check(r#"{{#x from="a" to="b"}}"#), Ok(()));
        assert_eq!(
            check(r#"{{#x form="a"}}"#).unwrap_err(),
            "there is no option `form`. Did you mean `from`? Available: from, to"
        );
        assert_eq!(check(r#"{{#x to="a" to="b"}}"#).unwrap_err(), "the option `to` is given twice");
        assert_eq!(check(r#"{{#x to=" "}}"#).unwrap_err(), "the option `to` is empty");
    }
}
