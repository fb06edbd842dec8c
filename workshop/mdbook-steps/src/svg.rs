//! Makes an SVG file part of a page, so that the picture uses the page's theme.
//!
//! All pictures of a page share one set of ids and one style sheet. So ids get a unique prefix, and
//! a style is nested in a selector for the figure around the picture. The condition
//! `@media (prefers-color-scheme: dark)` is replaced by mdBook's dark themes, because the reader
//! chooses the theme in the book.

use anyhow::{Context as _, Result, bail, ensure};
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};

/// mdBook's dark themes, as a selector for a style that is nested in a figure.
const DARK: &str = "html:is(.coal, .navy, .ayu) &";

/// The text of the first `<desc>`, unless it is blank.
pub(crate) fn description(svg: &str) -> Result<Option<String>> {
    let mut reader = Reader::from_str(svg);
    loop {
        match reader.read_event()? {
            Event::Eof => return Ok(None),
            Event::Start(start) if start.local_name().as_ref() == "desc" => {
                let text = reader.read_text(start.name())?;
                let text = unescape(&text)?;
                let words: Vec<&str> = text.split_whitespace().collect();
                return Ok(Some(words.join(" ")).filter(|text| !text.is_empty()));
            }
            _ => {}
        }
    }
}

/// The picture as an HTML element for the figure with this id. The element has no blank lines,
/// which would end the HTML in Markdown.
pub(crate) fn inline(svg: &str, alt: &str, id: &str) -> Result<String> {
    let mut reader = Reader::from_str(svg);
    let mut writer = Writer::new(Vec::new());
    let mut depth = 0_usize;
    let mut roots = 0;
    loop {
        let event = reader.read_event()?;
        match &event {
            Event::Start(_) | Event::Empty(_) if depth == 0 => roots += 1,
            _ => {}
        }
        match event {
            Event::Eof => break,
            Event::Decl(_) | Event::DocType(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Start(start) if start.local_name().as_ref() == "style" => {
                let css = reader.read_text(start.name())?;
                let css = scope(&unescape(&css)?, id)?;
                writer.write_event(Event::Start(element(&start, depth, alt, id)?))?;
                writer.write_event(Event::Text(BytesText::from_escaped(css)))?;
                writer.write_event(Event::End(start.to_end()))?;
            }
            Event::Start(start) => {
                writer.write_event(Event::Start(element(&start, depth, alt, id)?))?;
                depth += 1;
            }
            Event::Empty(start) => {
                writer.write_event(Event::Empty(element(&start, depth, alt, id)?))?;
            }
            Event::End(end) => {
                depth -= 1;
                writer.write_event(Event::End(end))?;
            }
            // Only white space surrounds the outermost element.
            Event::Text(_) if depth == 0 => {}
            other => writer.write_event(other)?,
        }
    }
    ensure!(depth == 0 && roots == 1, "the file is not one complete <svg> element");
    let text = String::from_utf8(writer.into_inner())?;
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|it| !it.is_empty()).collect();
    Ok(lines.join("\n"))
}

/// An element with unique ids. The outermost element becomes an image with an accessible name.
fn element(start: &BytesStart, depth: usize, alt: &str, id: &str) -> Result<BytesStart<'static>> {
    let name = start.name().as_ref().to_string();
    ensure!(depth > 0 || name == "svg", "the file starts with <{name}> instead of <svg>");
    ensure!(name != "script", "a picture in the book must not have a script");
    let mut element = BytesStart::new(name);
    for attribute in start.attributes() {
        let attribute = attribute?;
        let key = attribute.key.as_ref();
        let value = unescape(&attribute.value)?;
        // Replaced below.
        if depth == 0 && (matches!(key, "role" | "style") || key.starts_with("aria-")) {
            continue;
        }
        element.push_attribute((key, &*unique(key, &value, id)?));
    }
    if depth == 0 {
        element.push_attribute(("role", "img"));
        element.push_attribute(("aria-label", alt));
        element.push_attribute(("style", "display: block; max-width: 100%; height: auto"));
    }
    Ok(element)
}

/// The value of an attribute, with unique ids.
fn unique(key: &str, value: &str, id: &str) -> Result<String> {
    match key {
        "id" => Ok(format!("{id}-{value}")),
        "href" | "xlink:href" | "src" => {
            let target = value.strip_prefix('#');
            let target = target.with_context(|| {
                format!("the picture refers to `{value}`, which is not in the file")
            })?;
            Ok(format!("#{id}-{target}"))
        }
        _ => Ok(value.replace("url(#", &format!("url(#{id}-"))),
    }
}

/// A style sheet for this picture alone.
fn scope(css: &str, id: &str) -> Result<String> {
    let css = css.trim().replace("@media (prefers-color-scheme: dark)", DARK);
    if css.contains('@') {
        bail!("the only at-rule in a picture's style is @media (prefers-color-scheme: dark)");
    }
    ensure!(!css.contains('<'), "a picture's style must not contain <");
    ensure!(!css.contains("/*"), "a picture's style must not contain comments");
    let (open, close) = (css.matches('{').count(), css.matches('}').count());
    ensure!(open == close, "the braces in the picture's style do not match");
    Ok(format!("#{id} {{ {css} }}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(text: &str) -> Result<String, String> {
        inline(text, "what \"it\" shows", "one").map_err(|error| error.to_string())
    }

    #[test]
    fn becomes_an_image_with_an_accessible_name() {
        let text = "<?xml version=\"1.0\"?>\n<!DOCTYPE svg>\n<!-- by hand -->\n\
                    <svg role=\"x\" aria-labelledby=\"t\" viewBox=\"0 0 1 1\">\n\n<title id=\"t\">T &amp; t</title>\n</svg>\n";
        assert_eq!(
            svg(text).unwrap(),
            "<svg viewBox=\"0 0 1 1\" role=\"img\" aria-label=\"what &quot;it&quot; shows\" \
             style=\"display: block; max-width: 100%; height: auto\">\n\
             <title id=\"one-t\">T &amp; t</title>\n</svg>"
        );
    }

    #[test]
    fn finds_the_description() {
        let text = "<svg><title>no</title><desc>up &amp;\n  down</desc><desc>no</desc></svg>";
        assert_eq!(description(text).unwrap().as_deref(), Some("up & down"));
        for text in ["<svg/>", "<svg><desc/></svg>", "<svg><desc> </desc></svg>"] {
            assert_eq!(description(text).unwrap(), None, "{text}");
        }
    }

    #[test]
    fn ids_and_their_references_are_unique() {
        let text =
            "<svg><linearGradient id=\"g\"/><rect fill=\"url(#g)\"/><use href=\"#g\"/></svg>";
        let shown = svg(text).unwrap();
        for part in ["id=\"one-g\"", "fill=\"url(#one-g)\"", "href=\"#one-g\""] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    }

    #[test]
    fn nests_its_style_and_uses_the_theme_of_the_book() {
        let css = "svg { --ink: black } .a &gt; .b { fill: var(--ink) }\
                   @media (prefers-color-scheme: dark) { svg { --ink: white } }";
        let shown = svg(&format!("<svg><style>{css}</style></svg>")).unwrap();
        let expected = "<style>#one { svg { --ink: black } .a > .b { fill: var(--ink) }\
             html:is(.coal, .navy, .ayu) & { svg { --ink: white } } }</style>";
        assert!(shown.contains(expected), "{shown}");
    }

    #[test]
    fn rejects_invalid_pictures() {
        for (text, message) in [
            ("<svg><g></svg>", "expected `</g>`"),
            ("<svg>", "one complete"),
            ("<svg/><svg/>", "one complete"),
            ("<p/>", "starts with <p>"),
            ("text", "one complete"),
            ("<svg><script>1</script></svg>", "a script"),
            ("<svg><image href=\"https://example.org/a.png\"/></svg>", "refers to `https:"),
            ("<svg><style>@import 'x';</style></svg>", "at-rule"),
            ("<svg><style>a {</style></svg>", "braces"),
            ("<svg><style>/* } */ a { }</style></svg>", "comments"),
            ("<svg><style>&lt;</style></svg>", "contain <"),
            ("<svg><style>@media (prefers-color-scheme: light) { }</style></svg>", "at-rule"),
        ] {
            let error = svg(text).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }
}
