//! The Markdown and HTML around the content that a directive shows.

/// A figure around a fence. The blank lines make Markdown continue inside the HTML. Without the
/// style, a browser would indent the figure on both sides, which would leave too little width for a
/// listing.
pub(crate) fn fenced(class: &str, caption: Option<&str>, language: &str, content: &str) -> String {
    let caption = caption.map(|it| format!("<figcaption>{it}</figcaption>\n")).unwrap_or_default();
    let fence = fence(language, content);
    format!(
        "<figure class=\"{class}\" style=\"margin-inline: 0\">\n{caption}\n{fence}\n</figure>\n"
    )
}

/// A fence with more backticks than any run of backticks in its content.
fn fence(language: &str, content: &str) -> String {
    let longest = content.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let ticks = "`".repeat(longest.max(2) + 1);
    let end = if content.ends_with('\n') { "" } else { "\n" };
    format!("{ticks}{language}\n{content}{end}{ticks}\n")
}

pub(crate) fn code(text: &str) -> String {
    format!("<code>{}</code>", escape(text))
}

/// Escapes text for HTML, or for an attribute in double quotation marks.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
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
}
