//! The one syntax of all directives: `{{#name words... option="value"...}}`.
//!
//! White space, and a line break too, separates; a value is in double quotation marks, in which
//! `\"` is one and `\\` a backslash.

use std::ops::Range;

use crate::error::Problem;

/// A directive as it is written, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Directive {
    pub name: String,
    pub words: Vec<String>,
    pub options: Vec<(String, String)>,
}

impl Directive {
    /// The value of an option, if it is given.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Refuses options that are misspelt, given twice or empty.
    pub fn only(&self, known: &[&str]) -> Result<(), Problem> {
        for (index, (key, value)) in self.options.iter().enumerate() {
            if !known.contains(&key.as_str()) {
                let there = known.iter().map(ToString::to_string).collect();
                return Err(Problem::missing(format!("option `{key}`"), key, there));
            }
            if self.options[..index].iter().any(|(other, _)| other == key) {
                return Err(Problem::Usage(format!("the option `{key}` is given twice")));
            }
            if value.trim().is_empty() {
                return Err(Problem::Usage(format!("the option `{key}` is empty")));
            }
        }
        Ok(())
    }

    /// Exactly as many words as the usage has.
    pub fn exactly<const N: usize>(&self, usage: &str) -> Result<[&str; N], Problem> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        words.try_into().map_err(|_| Problem::Usage(format!("write {{{{#{usage}}}}}")))
    }
}

/// Finds the next place at or after `from` where a directive starts: `{{#`, or `{{ #` as mdBook
/// has it, without a backslash before it.
pub(crate) fn next(text: &str, from: usize) -> Option<usize> {
    let mut from = from;
    loop {
        let start = from + text.get(from..)?.find("{{")?;
        // Of three braces the last two count.
        let start = if text[start + 1..].starts_with("{{") { start + 1 } else { start };
        let backslashes = text[..start].len() - text[..start].trim_end_matches('\\').len();
        if text[start + 2..].trim_start().starts_with('#') && backslashes.is_multiple_of(2) {
            return Some(start);
        }
        from = start + 1;
    }
}

/// Reads the directive that starts at `start`: where it ends, and what it says.
pub(crate) fn read(text: &str, start: usize) -> (Range<usize>, Result<Directive, Problem>) {
    let mut reader = Reader { text, at: start + 2 };
    reader.space();
    reader.at += 1;
    let result = reader.directive();
    // After a mistake, what looks like the rest of the directive is skipped with it.
    let end = if result.is_ok() {
        reader.at
    } else {
        let line = text[start..].find('\n').map_or(text.len(), |length| start + length);
        text[start..line].find("}}").map_or(line, |length| start + length + 2)
    };
    (start..end, result)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Skips white space and returns it.
    fn space(&mut self) -> &'a str {
        let rest = self.rest();
        let length = rest.len() - rest.trim_start().len();
        self.at += length;
        &rest[..length]
    }

    fn take(&mut self, accept: impl Fn(&str) -> bool) -> &'a str {
        let rest = self.rest();
        let end =
            rest.char_indices().map(|(index, _)| index).find(|&index| !accept(&rest[index..]));
        let end = end.unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn directive(&mut self) -> Result<Directive, Problem> {
        let name = self
            .take(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_')));
        let mut directive = Directive { name: name.to_string(), ..Directive::default() };
        loop {
            // A directive that swallows the next paragraph is one that its author forgot to close.
            let space = self.space();
            if space.matches('\n').count() > 1 || self.rest().is_empty() {
                return Err(Problem::Unclosed("}}"));
            }
            if self.rest().starts_with("}}") {
                self.at += 2;
                return Ok(directive);
            }
            if self.rest().starts_with("{{") {
                return Err(Problem::Unclosed("}}"));
            }
            let word = self.take(|rest| {
                !rest.starts_with(|c: char| c.is_whitespace() || c == '"')
                    && !rest.starts_with("}}")
            });
            match word.split_once('=') {
                Some((key, "")) if self.rest().starts_with('"') => {
                    let value = self.quoted()?;
                    directive.options.push((key.to_string(), value));
                }
                Some((key, _)) => {
                    return Err(Problem::Usage(format!(
                        "the value of `{key}` belongs in quotation marks: {key}=\"...\""
                    )));
                }
                None if self.rest().starts_with('"') => {
                    return Err(Problem::Usage(format!(
                        "the quotation mark after `{word}` belongs to no option; write option=\"...\""
                    )));
                }
                None => directive.words.push(word.to_string()),
            }
        }
    }

    fn quoted(&mut self) -> Result<String, Problem> {
        let mut value = String::new();
        let mut chars = self.rest().char_indices().skip(1).peekable();
        while let Some((index, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += index + 1;
                    return Ok(value);
                }
                '\\' => match chars.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                    Some((_, escaped)) => value.push(escaped),
                    None => value.push(c),
                },
                // A long text may be wrapped; it is still one line.
                '\n' => {
                    while chars.next_if(|(_, next)| matches!(next, ' ' | '\t' | '\r')).is_some() {}
                    if chars.peek().is_some_and(|(_, next)| *next == '\n') {
                        break;
                    }
                    value.truncate(value.trim_end().len());
                    value.push(' ');
                }
                c => value.push(c),
            }
        }
        Err(Problem::Unclosed("a closing quotation mark"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Result<Directive, Problem> {
        let start = next(text, 0).expect("a directive");
        read(text, start).1
    }

    #[test]
    fn words_and_options() {
        let directive = only(r#"{{#output step-02/console from="Metric #1" to="say \"a}}\""}}"#);
        let directive = directive.unwrap();
        assert_eq!(directive.name, "output");
        assert_eq!(directive.words, ["step-02/console"]);
        assert_eq!(directive.option("from"), Some("Metric #1"));
        assert_eq!(directive.option("to"), Some("say \"a}}\""));
        assert_eq!(directive.option("caption"), None);
    }

    #[test]
    fn may_be_wrapped() {
        let directive = only("{{#figure way\r\n  alt=\"an app\r\n  and a browser\"\r\n}}").unwrap();
        assert_eq!(directive.words, ["way"]);
        assert_eq!(directive.option("alt"), Some("an app and a browser"));
    }

    #[test]
    fn finds_the_start() {
        assert_eq!(next("a {{b}} {{#c}}", 0), Some(8));
        assert_eq!(next("{{ #c}}", 0), Some(0));
        assert_eq!(next(r"\{{#c}}", 0), None);
        assert_eq!(next(r"\\{{#c}}", 0), Some(2));
        assert_eq!(next("{{{#c}}}", 0), Some(1));
        assert_eq!(next("{{", 0), None);
    }

    #[test]
    fn never_ends() {
        for text in ["{{#listing a", "{{#listing a\n\nb}}", "{{#listing {{#version axum}}"] {
            assert_eq!(only(text), Err(Problem::Unclosed("}}")), "{text}");
        }
        for text in ["{{#figure a alt=\"b}}", "{{#figure a alt=\"b\n\nc\"}}"] {
            assert_eq!(only(text), Err(Problem::Unclosed("a closing quotation mark")), "{text}");
        }
    }

    #[test]
    fn a_value_needs_quotation_marks() {
        for text in
            ["{{#output a from=b}}", "{{#output a from=\u{201c}b\u{201d}}}", "{{#output \"a\"}}"]
        {
            assert!(matches!(only(text), Err(Problem::Usage(_))), "{text}");
        }
    }

    #[test]
    fn options_are_known_single_and_not_empty() {
        let check = |text| only(text).unwrap().only(&["from", "to"]).map_err(|e| e.to_string());
        assert_eq!(check(r#"{{#x from="a" to="b"}}"#), Ok(()));
        assert_eq!(
            check(r#"{{#x form="a"}}"#).unwrap_err(),
            "there is no option `form`. Did you mean `from`? There are: from, to"
        );
        assert_eq!(check(r#"{{#x to="a" to="b"}}"#).unwrap_err(), "the option `to` is given twice");
        assert_eq!(check(r#"{{#x to=" "}}"#).unwrap_err(), "the option `to` is empty");
    }
}
