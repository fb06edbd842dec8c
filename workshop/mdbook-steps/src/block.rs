//! Markdown and HTML for what a directive shows.

/// A fence that nothing in its content can close.
pub(crate) fn fence(language: &str, content: &str) -> String {
    let longest = content.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let ticks = "`".repeat(longest.max(2) + 1);
    let end = if content.ends_with('\n') { "" } else { "\n" };
    format!("{ticks}{language}\n{content}{end}{ticks}\n")
}

/// A figure around Markdown. The blank lines let Markdown go on inside of HTML. A browser would
/// indent it on both sides, which a listing has no width to spare for.
pub(crate) fn figure(class: &str, caption: Option<&str>, markdown: &str) -> String {
    let caption = caption.map(|it| format!("<figcaption>{it}</figcaption>\n")).unwrap_or_default();
    format!(
        "<figure class=\"{class}\" style=\"margin-inline: 0\">\n{caption}\n{markdown}\n</figure>\n"
    )
}

/// A path or a name in HTML.
pub(crate) fn code(text: &str) -> String {
    format!("<code>{}</code>", html(text))
}

/// Text in HTML, or in an attribute in double quotation marks.
pub(crate) fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Puts a block where its directive stands, which may be in a list or a quotation: `prefix` is what
/// stands before the directive on its line, and every further line needs as much.
pub(crate) fn indent(block: &str, prefix: &str) -> String {
    let further: String =
        prefix.chars().map(|c| if matches!(c, '>' | '\t') { c } else { ' ' }).collect();
    let mut out = String::new();
    for (index, line) in block.lines().enumerate() {
        if index > 0 {
            out.push('\n');
            out.push_str(if line.is_empty() { further.trim_end() } else { &further });
        }
        out.push_str(line);
    }
    out
}

/// Whether this can stand before a block on its line: indentation, `>`, and list markers.
pub(crate) fn may_precede(prefix: &str) -> bool {
    let mut rest = prefix;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '>']);
        let marker = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let after = match rest.strip_prefix(['-', '*', '+']) {
            Some(after) => after,
            None if marker.len() < rest.len() => match marker.strip_prefix(['.', ')']) {
                Some(after) => after,
                None => return false,
            },
            None => return rest.is_empty(),
        };
        if !after.starts_with([' ', '\t']) {
            return false;
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_content_closes_its_fence() {
        assert_eq!(fence("text", "a"), "```text\na\n```\n");
        assert_eq!(fence("text", "```\n`````\n"), "``````text\n```\n`````\n``````\n");
        assert_eq!(fence("", "a ```` b\n"), "`````\na ```` b\n`````\n");
    }

    #[test]
    fn stands_in_lists_and_quotations() {
        for prefix in ["", "  ", "> ", "- ", "1. ", "> 12) ", "* - \t"] {
            assert!(may_precede(prefix), "{prefix}");
        }
        for prefix in ["a", "-", "1.", "| ", "see ", "1 ", "**"] {
            assert!(!may_precede(prefix), "{prefix}");
        }
        assert_eq!(indent("a\n\nb\n", "> 1. "), "a\n>\n>    b");
    }
}
