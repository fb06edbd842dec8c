//! Reads a rule from one line, in the syntax of `az monitor metrics alert create --condition`.
//!
//! ```text
//! NAME: {avg|min|max|total|count} METRIC {>|>=|<|<=} NUMBER [UNIT]
//!       [where KEY includes VALUE [or VALUE]... [and KEY includes VALUE...]]
//!       [over 30s] [every 10s] [severity 2] [namespace NAMESPACE]
//! ```

use std::{fmt, str::FromStr};

use jiff::SignedDuration;
use thiserror::Error;

use crate::{
    aggregation::Aggregation,
    metric::Metric,
    rule::{Operator, Rule, RuleError},
    timing::Timing,
    words::misleads,
};

/// The longest line that is read, in bytes.
pub const MAX_LINE: usize = 8192;
/// Words that end what comes before them.
const KEYWORDS: [&str; 7] = ["where", "and", "or", "over", "every", "severity", "namespace"];
/// The severity of a rule that names none, as in Azure's command line.
pub const DEFAULT_SEVERITY: u8 = 2;

/// Why a line is no rule, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct LineError {
    /// What to do about it.
    pub message: String,
    /// The line.
    pub line: String,
    /// The characters of it, from and to, that were not understood.
    pub at: (usize, usize),
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = self.at;
        let mut shown = String::new();
        // An escaped character takes several columns, and the carets stay below what they mean.
        let (mut before, mut carets) = (0, 0);
        let end = self.line.chars().count().max(to);
        for (index, c) in self.line.chars().chain(std::iter::repeat(' ')).take(end).enumerate() {
            let mut columns = 1;
            if misleads(c) {
                shown.extend(c.escape_unicode());
                columns = c.escape_unicode().len();
            } else {
                shown.push(c);
            }
            if index < from {
                before += columns;
            } else if index < to {
                carets += columns;
            }
        }
        let (shown, carets) = (shown.trim_end(), "^".repeat(carets.max(1)));
        write!(f, "{}\n  {shown}\n  {:before$}{carets}", self.message, "")
    }
}

/// Reads a rule; `timing` has what the line does not say. The rule is checked too.
///
/// # Errors
///
/// What was not understood, where it is, and what to write instead.
pub fn parse(line: &str, timing: &Timing) -> Result<Rule, LineError> {
    let whole = |message: String| LineError {
        message,
        line: line.to_owned(),
        at: (0, line.chars().count()),
    };
    if line.len() > MAX_LINE {
        let message = format!("The rule is longer than {MAX_LINE} bytes: shorten it");
        return Err(LineError { message, line: String::new(), at: (0, 0) });
    }
    let Some((name, condition)) = line.split_once(':') else {
        return Err(whole(
            "Begin with a name and a colon, such as slow: avg request-latency > 1000 ms".into(),
        ));
    };
    let offset = name.chars().count() + 1;
    let mut words = Words::new(line, condition, offset)?;
    let rule = words.rule(name.trim(), timing)?;
    match rule.check(timing.grain) {
        Ok(()) => Ok(rule),
        Err(error @ (RuleError::NoName | RuleError::BadName)) => {
            Err(LineError { at: (0, name.chars().count()), ..whole(error.to_string()) })
        }
        Err(error) => Err(whole(error.to_string())),
    }
}

/// Reads a duration: `30s`, `5 min`, `PT5M`.
///
/// # Errors
///
/// When it is none, or is not of whole seconds.
pub fn duration(text: &str) -> Result<SignedDuration, NoDuration> {
    let duration: SignedDuration = text.parse().map_err(|_| NoDuration)?;
    if duration.subsec_nanos() == 0 { Ok(duration) } else { Err(NoDuration) }
}

/// A text that is no duration of whole seconds.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("Write a duration of whole seconds, such as 30s, 5m or PT5M")]
pub struct NoDuration;

#[derive(Clone, Debug)]
struct Word {
    text: String,
    quoted: bool,
    at: (usize, usize),
}

struct Words<'a> {
    line: &'a str,
    rest: std::iter::Peekable<std::vec::IntoIter<Word>>,
    end: usize,
}

impl<'a> Words<'a> {
    /// Splits a condition, which begins at the character `offset` of `line`: at blanks, and around
    /// operators. Quotes, single or double, keep a word together.
    fn new(line: &'a str, condition: &str, offset: usize) -> Result<Self, LineError> {
        let mut words: Vec<Word> = Vec::new();
        let mut characters = condition.chars().zip(offset..).peekable();
        let operator = |c: char| matches!(c, '<' | '>' | '=' | '!');
        while let Some((first, from)) = characters.next() {
            if first.is_whitespace() {
                continue;
            }
            let mut text = String::new();
            let mut to = from + 1;
            let quoted = matches!(first, '\'' | '"');
            if quoted {
                loop {
                    let Some((c, at)) = characters.next() else {
                        let message = format!("Close the quotes: {first} is missing at the end");
                        return Err(LineError { message, line: line.into(), at: (from, to) });
                    };
                    to = at + 1;
                    if c == first {
                        break;
                    }
                    text.push(c);
                }
            } else {
                text.push(first);
                let same = |c: char| !c.is_whitespace() && operator(c) == operator(first);
                while let Some((c, at)) = characters.next_if(|(c, _)| same(*c)) {
                    text.push(c);
                    to = at + 1;
                }
            }
            words.push(Word { text, quoted, at: (from, to) });
        }
        let end = line.chars().count();
        Ok(Self { line, rest: words.into_iter().peekable(), end })
    }

    fn rule(&mut self, name: &str, timing: &Timing) -> Result<Rule, LineError> {
        let aggregation: Aggregation =
            self.parse("Begin with an aggregation: avg, min, max, total or count")?;
        let metric = self.name("Name the metric after the aggregation")?;
        let operator: Operator = self.parse("Write >, >=, < or <= after the metric")?;
        let (threshold, unit) = self.threshold()?;
        let mut rule = Rule {
            name: name.to_owned(),
            description: String::new(),
            metric: Metric::named(metric.text.as_str()),
            dimensions: Vec::new(),
            aggregation,
            operator,
            threshold,
            unit,
            window: timing.window,
            frequency: timing.frequency,
            severity: DEFAULT_SEVERITY,
        };
        // A window that is chosen without a frequency may be shorter than the usual one.
        let mut frequency = None;
        let mut seen: Vec<String> = Vec::new();
        while let Some(word) = self.rest.next() {
            let keyword = if word.quoted { "" } else { word.text.as_str() };
            if seen.iter().any(|earlier| earlier == keyword) {
                return Err(self.at(&word, &format!("Write {keyword} only once")));
            }
            seen.push(keyword.to_owned());
            match keyword {
                "where" => rule.dimensions = self.dimensions()?,
                "over" => rule.window = self.span("Write how far to look back: over 30s")?,
                "every" => {
                    frequency = Some(self.span("Write how often to evaluate: every 10s")?);
                }
                "severity" => {
                    rule.severity =
                        self.parse("Write a severity from 0 (critical) to 4 (verbose)")?;
                }
                "namespace" => {
                    let namespace = self.name("Name the metric's namespace")?;
                    rule.metric.namespace = namespace.text.into();
                }
                _ => {
                    let message = "This was not understood. After the threshold there may be a \
                                   unit, then where, over, every, severity or namespace";
                    return Err(self.at(&word, &message));
                }
            }
        }
        rule.frequency = frequency.unwrap_or_else(|| timing.frequency.min(rule.window));
        Ok(rule)
    }

    fn threshold(&mut self) -> Result<(f64, String), LineError> {
        let what = "Write a number after the operator, such as 1000 ms";
        let word = self.next(what)?;
        let (number, unit) = split_number(&word.text).ok_or_else(|| self.at(&word, &what))?;
        let what = "Write the number as 1000, 0.5 or 1e3, without separators. A unit may follow, in \
                    quotes if it does not begin with a letter";
        if !unit.is_empty() {
            let unit = unit.to_owned();
            return if goes_on(&unit) { Err(self.at(&word, &what)) } else { Ok((number, unit)) };
        }
        let Some(unit) = self.rest.next_if(|word| word.quoted || !is_keyword(&word.text)) else {
            return Ok((number, String::new()));
        };
        if !unit.quoted && goes_on(&unit.text) {
            return Err(self.at(&Word { at: (word.at.0, unit.at.1), ..unit }, &what));
        }
        Ok((number, unit.text))
    }

    fn dimensions(&mut self) -> Result<Vec<(String, Vec<String>)>, LineError> {
        let mut dimensions = Vec::new();
        loop {
            let key = self.name("Name a dimension after where")?;
            self.keyword("includes", "Write includes after the dimension, then a value")?;
            let mut values = vec![self.name("Write a value after includes")?.text];
            while self.rest.next_if(|word| !word.quoted && word.text == "or").is_some() {
                values.push(self.name("Write a value after or")?.text);
            }
            dimensions.push((key.text, values));
            if self.rest.next_if(|word| !word.quoted && word.text == "and").is_none() {
                return Ok(dimensions);
            }
        }
    }

    fn span(&mut self, what: &str) -> Result<SignedDuration, LineError> {
        let mut word = self.next(what)?;
        // "30 s" is as good as "30s".
        if word.text.chars().all(|c| c.is_ascii_digit())
            && let Some(unit) = self.rest.next_if(|word| !is_keyword(&word.text))
        {
            word = Word { text: word.text + &unit.text, at: (word.at.0, unit.at.1), ..word };
        }
        duration(&word.text).map_err(|error| self.at(&word, &error))
    }

    fn keyword(&mut self, keyword: &str, what: &str) -> Result<(), LineError> {
        let word = self.next(what)?;
        if word.text == keyword { Ok(()) } else { Err(self.at(&word, &what)) }
    }

    fn name(&mut self, what: &str) -> Result<Word, LineError> {
        let word = self.next(what)?;
        if word.quoted || !(is_keyword(&word.text) || word.text.starts_with(['<', '>', '=', '!'])) {
            return Ok(word);
        }
        Err(self.at(&word, &format!("{what} (in quotes, if it really is {})", word.text)))
    }

    fn parse<T: FromStr>(&mut self, what: &str) -> Result<T, LineError> {
        let word = self.next(what)?;
        word.text.parse().map_err(|_| self.at(&word, &what))
    }

    fn next(&mut self, what: &str) -> Result<Word, LineError> {
        self.rest.next().ok_or_else(|| LineError {
            message: what.to_owned(),
            line: self.line.to_owned(),
            at: (self.end, self.end + 1),
        })
    }

    fn at(&self, word: &Word, message: &dyn ToString) -> LineError {
        LineError { message: message.to_string(), line: self.line.to_owned(), at: word.at }
    }
}

fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// Splits `500ms` into number and unit. `inf` and `NaN` are no numbers here.
fn split_number(text: &str) -> Option<(f64, &str)> {
    let numeric = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
    let mut end = text.find(|c| !numeric(c)).unwrap_or(text.len()).min(64);
    loop {
        let (number, unit) = text.split_at_checked(end)?;
        if let Ok(value) = number.parse() {
            return Some((value, unit));
        }
        end = end.checked_sub(1)?;
    }
}

/// Whether what follows a number looks like the rest of it: `,000`, `_000`, `.000`, `x10`.
fn goes_on(unit: &str) -> bool {
    let mut chars = unit.chars();
    match chars.next() {
        Some('x' | 'X' | 'b' | 'B' | 'o' | 'O') => chars.next().is_some_and(|c| c.is_ascii_digit()),
        Some(first) => first.is_numeric() || ",._+-'".contains(first),
        None => false,
    }
}
