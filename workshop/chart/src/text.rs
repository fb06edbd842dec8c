//! Sanitizes, shortens, measures and escapes text.

/// Trims the text, truncates it to `most` characters, and replaces line breaks, characters that XML
/// forbids, and characters that reorder the text around them.
pub(crate) fn clean(text: &str, most: usize) -> String {
    let text = text.trim();
    let mut out: String = text.chars().take(most).map(sanitize).collect();
    if text.chars().nth(most).is_some() {
        out.pop();
        out.push('…');
    }
    out
}

fn sanitize(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' => ' ',
        // A name must not change the direction of the numbers after it.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            char::REPLACEMENT_CHARACTER
        }
        // https://www.w3.org/TR/xml/#charsets
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

/// Escapes text for an attribute or an element.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The width of the text at 12 px, in tenths of a pixel. The reader's font is unknown, so the width
/// is estimated generously.
pub(crate) fn width(text: &str) -> i32 {
    text.chars().map(advance).sum()
}

fn advance(c: char) -> i32 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 38,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 115,
        'A'..='Z' => 85,
        c if c < '\u{1100}' => 70,
        _ => 125,
    }
}

/// The text, truncated with an ellipsis if it is too wide. Empty if even the ellipsis is too wide.
pub(crate) fn fit(text: &str, room: i32) -> String {
    if width(text) <= room {
        return text.to_string();
    }
    let mut left = room - advance('…');
    if left < 0 {
        return String::new();
    }
    let kept = text.chars().take_while(|c| {
        left -= advance(*c);
        left >= 0
    });
    let mut out = kept.collect::<String>().trim_end().to_string();
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_and_escape_make_hostile_text_safe() {
        assert_eq!(clean("a\0b\u{1b}[1m\u{202e}c\nd", 80), "a\u{fffd}b\u{fffd}[1m\u{fffd}c d");
        assert_eq!(clean("abcdef", 4), "abc…");
        assert_eq!(clean("abcd", 4), "abcd");
        assert_eq!(escape("<a b='\"&'>"), "&lt;a b=&#39;&quot;&amp;&#39;&gt;");
    }

    #[test]
    fn fit_cuts_wide_text_with_an_ellipsis() {
        assert_eq!(fit("naughty", 1000), "naughty");
        assert_eq!(fit("naughty", 400), "naug…");
        assert_eq!(fit("naughty", 10), "");
        for room in 0..600 {
            assert!(width(&fit("request-latency", room)) <= room);
        }
    }
}
