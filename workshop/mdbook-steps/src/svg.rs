//! Makes an SVG file part of a page, so that it can follow the page's theme.
//!
//! On a page, everything shares one space of ids and one style sheet. So ids get a prefix that is
//! unique, and a style is nested in the id of the figure around it. `@media (prefers-color-scheme: dark)`
//! becomes mdBook's dark themes: a reader's choice in the book counts, not the computer's.

use quick_xml::events::{BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer, escape::unescape};

use crate::error::Problem;
use crate::workspace::Source;

/// What mdBook calls its dark themes.
const DARK: &str = "html:is(.coal, .navy, .ayu) &";

/// At-rules that have no meaning within another rule, or that load something.
const TOP_LEVEL: [&str; 4] = ["@import", "@font-face", "@keyframes", "@namespace"];

/// The picture as an element of HTML for a figure with this id, without blank lines, which would end the HTML in Markdown.
pub(crate) fn inline(source: &Source, alt: &str, id: &str) -> Result<String, Problem> {
    let broken = |why: String| Problem::broken(&*source.path, why);
    let mut reader = Reader::from_str(&source.text);
    let mut writer = Writer::new(Vec::new());
    let mut depth = 0_usize;
    let mut roots = 0;
    // A style comes in pieces: text, CDATA, and `&gt;` on its own.
    let mut style: Option<String> = None;
    loop {
        let event = reader.read_event().map_err(|error| broken(error.to_string()))?;
        match event {
            Event::Eof => break,
            // The page has its own prolog, and comments are for whoever edits the file.
            Event::Decl(_) | Event::DocType(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Start(start) => {
                if start.local_name().as_ref() == "style" {
                    style = Some(String::new());
                }
                let element = element(&start, depth, alt, id).map_err(broken)?;
                roots += usize::from(depth == 0);
                depth += 1;
                write(&mut writer, Event::Start(element)).map_err(broken)?;
            }
            Event::Empty(start) => {
                let element = element(&start, depth, alt, id).map_err(broken)?;
                roots += usize::from(depth == 0);
                write(&mut writer, Event::Empty(element)).map_err(broken)?;
            }
            Event::End(end) => {
                if let Some(css) = style.take() {
                    let css = BytesText::from_escaped(scope(&css, id).map_err(broken)?);
                    write(&mut writer, Event::Text(css)).map_err(broken)?;
                }
                depth = depth.saturating_sub(1);
                write(&mut writer, Event::End(end)).map_err(broken)?;
            }
            Event::Text(text) if style.is_some() => push(&mut style, &text),
            Event::CData(text) if style.is_some() => push(&mut style, &text),
            Event::GeneralRef(name) if style.is_some() => {
                let entity = format!("&{};", &*name);
                let text = unescape(&entity).map_err(|error| broken(error.to_string()))?;
                push(&mut style, &text);
            }
            // Nothing but space can be around the outermost element.
            Event::Text(_) if depth == 0 => {}
            other => write(&mut writer, other).map_err(broken)?,
        }
    }
    if depth > 0 || roots != 1 {
        return Err(broken("is not one whole <svg> element".to_string()));
    }
    let text = String::from_utf8_lossy(&writer.into_inner()).into_owned();
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// What the picture says of itself: the text of its first `<desc>`, unless that is blank.
pub(crate) fn description(source: &Source) -> Result<Option<String>, Problem> {
    let broken = |why: String| Problem::broken(&*source.path, why);
    let mut reader = Reader::from_str(&source.text);
    let mut told: Option<String> = None;
    loop {
        match reader.read_event().map_err(|error| broken(error.to_string()))? {
            Event::Eof => return Ok(None),
            Event::Start(start) if start.local_name().as_ref() == "desc" => {
                told = Some(String::new());
            }
            Event::Text(text) => push(&mut told, &text),
            Event::CData(text) => push(&mut told, &text),
            Event::GeneralRef(name) if told.is_some() => {
                let entity = format!("&{};", &*name);
                push(&mut told, &unescape(&entity).map_err(|error| broken(error.to_string()))?);
            }
            Event::End(_) if told.is_some() => {
                let told = told.unwrap_or_default();
                let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
                return Ok(Some(told).filter(|told| !told.is_empty()));
            }
            _ => {}
        }
    }
}

fn push(style: &mut Option<String>, text: &str) {
    if let Some(style) = style {
        style.push_str(text);
    }
}

fn write(writer: &mut Writer<Vec<u8>>, event: Event) -> Result<(), String> {
    writer.write_event(event).map_err(|error| error.to_string())
}

/// An element with its ids made unique; the outermost one becomes an image with a name.
fn element(
    start: &BytesStart,
    depth: usize,
    alt: &str,
    id: &str,
) -> Result<BytesStart<'static>, String> {
    let name = start.name().as_ref().to_string();
    let local = start.local_name();
    let local = local.as_ref().to_ascii_lowercase();
    if depth == 0 && local != "svg" {
        return Err(format!("starts with <{name}>, where <svg> should be"));
    }
    if local == "script" {
        return Err("has a script, which a picture in the book may not".to_string());
    }
    let mut element = BytesStart::new(name);
    let mut styled = false;
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let key = attribute.key.as_ref().to_string();
        let value = unescape(&attribute.value).map_err(|error| error.to_string())?.into_owned();
        // The directive says these of the outermost element.
        let replaced = key == "role" || key.starts_with("aria-");
        if depth == 0 && replaced {
            continue;
        }
        styled |= key == "style";
        let loads = matches!(&*key, "href" | "xlink:href" | "src") && local != "a";
        if loads && !value.starts_with('#') && !value.starts_with("data:") {
            return Err(format!("loads `{value}`, but has to hold all that it shows"));
        }
        element.push_attribute((&*key, &*unique(&key, &value, id)));
    }
    if depth == 0 {
        element.push_attribute(("role", "img"));
        element.push_attribute(("aria-label", alt));
        if !styled {
            element.push_attribute(("style", "display: block; max-width: 100%; height: auto"));
        }
    }
    Ok(element)
}

/// The value of an attribute, with the ids in it made unique.
fn unique(key: &str, value: &str, id: &str) -> String {
    match key {
        "id" => format!("{id}-{value}"),
        "href" | "xlink:href" => match value.strip_prefix('#') {
            Some(target) => format!("#{id}-{target}"),
            None => value.to_string(),
        },
        "aria-labelledby" | "aria-describedby" => {
            value.split_whitespace().map(|it| format!("{id}-{it}")).collect::<Vec<_>>().join(" ")
        }
        _ => references(value, id),
    }
}

/// `url(#a)` with the id made unique.
fn references(value: &str, id: &str) -> String {
    value.replace("url(#", &format!("url(#{id}-")).replace("url('#", &format!("url('#{id}-"))
}

/// A style sheet that counts for this picture alone.
fn scope(css: &str, id: &str) -> Result<String, String> {
    if let Some(rule) = TOP_LEVEL.iter().find(|rule| css.contains(**rule)) {
        return Err(format!("has {rule} in its style, which cannot be kept to the picture"));
    }
    let css = &*without_comments(css);
    if css.matches('{').count() != css.matches('}').count() {
        return Err("has a style whose braces do not match".to_string());
    }
    if css.contains('<') {
        return Err("has a style with <, which a page would take for a tag".to_string());
    }
    let mut nested = String::new();
    let mut rest = css;
    // Before each block stands a selector or an at-rule, after the last `;`, `{` or `}`.
    while let Some(open) = rest.find('{') {
        let start = rest[..open].rfind([';', '}']).map_or(0, |index| index + 1);
        let prelude = &rest[start..open];
        nested.push_str(&references(&rest[..start], id));
        let condition: String = prelude.chars().filter(|c| !c.is_whitespace()).collect();
        if condition == "@media(prefers-color-scheme:dark)" {
            nested.push_str(&prelude.replace(prelude.trim(), DARK));
        } else if condition.starts_with("@media") && condition.contains("prefers-color-scheme") {
            return Err(format!(
                "has `{}` in its style; write the light colors first and the dark ones in \
                 @media (prefers-color-scheme: dark)",
                prelude.trim()
            ));
        } else {
            nested.push_str(&selector(prelude, id));
        }
        nested.push('{');
        rest = &rest[open + 1..];
    }
    nested.push_str(&references(rest, id));
    Ok(format!("#{id} {{ {} }}", nested.trim()))
}

fn without_comments(css: &str) -> String {
    let mut out = String::new();
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out + rest
}

/// A selector with the ids in it made unique. `:root` would be the page.
fn selector(prelude: &str, id: &str) -> String {
    if prelude.trim_start().starts_with('@') {
        return prelude.to_string();
    }
    prelude.replace('#', &format!("#{id}-")).replace(":root", "svg")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(text: &str) -> Result<String, String> {
        let source = Source { path: "a.svg".to_string(), text: text.to_string() };
        inline(&source, "what \"it\" shows", "one").map_err(|problem| problem.to_string())
    }

    #[test]
    fn becomes_an_image_with_a_name() {
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
    fn says_itself_what_it_shows() {
        let told = |text: &str| {
            let source = Source { path: "a.svg".to_string(), text: text.to_string() };
            description(&source).unwrap()
        };
        let text = "<svg><title>no</title><desc>up &amp;\n  down</desc><desc>no</desc></svg>";
        assert_eq!(told(text).as_deref(), Some("up & down"));
        for text in ["<svg/>", "<svg><desc/></svg>", "<svg><desc> </desc></svg>"] {
            assert_eq!(told(text), None, "{text}");
        }
    }

    #[test]
    fn ids_and_all_that_point_to_them_are_unique() {
        let text = "<svg style=\"\"><linearGradient id=\"g\"/><rect fill=\"url(#g)\"/><use href=\"#g\"/>\
                    <style>#g, .a > #b { fill: url(#g); color: #abc }</style></svg>";
        let shown = svg(text).unwrap();
        for part in [
            "id=\"one-g\"",
            "fill=\"url(#one-g)\"",
            "href=\"#one-g\"",
            "#one-g, .a > #one-b {",
            "fill: url(#one-g); color: #abc",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    }

    #[test]
    fn its_style_stays_in_it_and_follows_the_books_theme() {
        let css = "/* { */ svg { --ink: black } svg .a, text { fill: var(--ink) }\
                   @media (prefers-color-scheme: dark) { svg { --ink: white } }";
        assert_eq!(
            scope(css, "one").unwrap(),
            "#one { svg { --ink: black } svg .a, text { fill: var(--ink) }\
             html:is(.coal, .navy, .ayu) & { svg { --ink: white } } }"
        );
        let cdata =
            svg("<svg><style><![CDATA[.a{b:c}]]></style><style>.a&gt;.b{c:d}</style></svg>");
        let cdata = cdata.unwrap();
        assert!(cdata.contains("<style>#one { .a{b:c} }</style>"), "{cdata}");
        assert!(cdata.contains("<style>#one { .a>.b{c:d} }</style>"), "{cdata}");
    }

    #[test]
    fn refuses_what_a_page_cannot_take() {
        for (text, why) in [
            ("<svg><g></svg>", "expected `</g>`"),
            ("<svg>", "one whole"),
            ("<p/>", "starts with <p>"),
            ("text", "one whole"),
            ("<svg><script>1</script></svg>", "a script"),
            ("<svg><image href=\"https://example.org/a.png\"/></svg>", "loads `https:"),
            ("<svg><style>@import 'x';</style></svg>", "@import"),
            ("<svg><style>a {</style></svg>", "braces"),
            (
                "<svg><style>@media (prefers-color-scheme: light) { a {} }</style></svg>",
                "light colors",
            ),
        ] {
            let error = svg(text).unwrap_err();
            assert!(error.starts_with("a.svg: ") && error.contains(why), "{error}");
        }
    }
}
