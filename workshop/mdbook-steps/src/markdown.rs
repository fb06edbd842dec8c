//! What mdBook will see in a chapter: which parts are code, in which a directive is only talked
//! about, and which pictures there are.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use quick_xml::events::BytesStart;

/// A fence, or an indented block, that is written out in a chapter rather than made by a directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// Its first line, counted from 1.
    pub line: usize,
    /// What stands after the backticks, such as `rust`; empty for an indented block.
    pub language: String,
    /// What is in it.
    pub text: String,
}

/// A picture in a chapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    pub start: usize,
    pub source: String,
    /// The text alternative, if there is one.
    pub alt: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// Code and HTML comments, in which nothing is a directive.
    pub code: Vec<Range<usize>>,
    pub fences: Vec<Fence>,
    pub images: Vec<Image>,
}

impl Outline {
    /// The code that this place is in.
    pub fn code_at(&self, place: usize) -> Option<&Range<usize>> {
        self.code.iter().find(|range| range.contains(&place))
    }
}

/// The line of a place in a text, counted from 1.
pub(crate) fn line(text: &str, place: usize) -> usize {
    text.as_bytes().iter().take(place).filter(|&&byte| byte == b'\n').count() + 1
}

/// Reads a chapter as mdBook does.
pub(crate) fn read(text: &str) -> Outline {
    // The extensions that mdBook switches on: they decide where a code span ends.
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM;
    let mut outline = Outline::default();
    let mut fence: Option<Fence> = None;
    let mut images: Vec<Image> = Vec::new();
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                let line = line(text, range.start);
                outline.code.push(range);
                fence = Some(Fence { line, language, text: String::new() });
            }
            Event::End(TagEnd::CodeBlock) => outline.fences.extend(fence.take()),
            Event::Start(Tag::Image { dest_url, .. }) => images.push(Image {
                start: range.start,
                source: dest_url.to_string(),
                alt: Some(String::new()),
            }),
            Event::End(TagEnd::Image) => outline.images.extend(images.pop()),
            Event::Code(code) => {
                outline.code.push(range);
                say(&mut images, &code);
            }
            Event::Text(words) => {
                if let Some(fence) = &mut fence {
                    fence.text.push_str(&words);
                }
                say(&mut images, &words);
            }
            Event::Start(Tag::HtmlBlock) | Event::InlineHtml(_) => html(text, range, &mut outline),
            _ => {}
        }
    }
    outline
}

/// Text within a picture's brackets is its alternative.
fn say(images: &mut [Image], words: &str) {
    if let Some(Image { alt: Some(alt), .. }) = images.last_mut() {
        alt.push_str(words);
    }
}

/// Comments and `<img>` in HTML.
fn html(text: &str, range: Range<usize>, outline: &mut Outline) {
    let mut at = range.start;
    while let Some(found) = text[at..range.end].find('<') {
        let start = at + found;
        let rest = &text[start..range.end];
        if rest.starts_with("<!--") {
            let end = rest.find("-->").map_or(range.end, |length| start + length + 3);
            outline.code.push(start..end);
            at = end;
            continue;
        }
        if rest.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("<img"))
            && rest[4..].starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'))
        {
            let tag = tag(rest);
            let mut image = Image { start, source: String::new(), alt: None };
            let tag = tag.trim_end_matches('/');
            for attribute in BytesStart::from_content(tag, 3).html_attributes().flatten() {
                let value = attribute.value.into_owned();
                match attribute.key.as_ref().to_ascii_lowercase().as_str() {
                    "src" => image.source = value,
                    "alt" => image.alt = Some(value),
                    _ => {}
                }
            }
            outline.images.push(image);
        }
        at = start + 1;
    }
}

/// What is between `<` and the `>` that ends the tag, which is not one in quotation marks.
fn tag(rest: &str) -> &str {
    let mut quote = None;
    for (index, c) in rest.char_indices() {
        match (c, quote) {
            ('>', None) => return &rest[1..index],
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
    }
    &rest[1..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_code() {
        let text = "a `b` c\n\n````md\n```\nd\n```\n````\n\n    e\n\n<!-- f -->\n\ng\n";
        let outline = read(text);
        for (c, code) in [('a', false), ('b', true), ('c', false), ('e', true), ('f', true)] {
            let place = text.find(c).unwrap();
            assert_eq!(outline.code_at(place).is_some(), code, "{c}");
        }
        let fences: Vec<_> = outline.fences.iter().map(|it| (it.line, &*it.language)).collect();
        assert_eq!(fences, [(3, "md"), (9, "")]);
        assert_eq!(outline.fences[0].text, "```\nd\n```\n");
    }

    #[test]
    fn knows_pictures() {
        let text = "![an *app*](a.svg) ![](b.png)\n\n<p><IMG\n src='c.svg' alt=\"x > y\" /><img src=d></p>\n";
        let image = |source: &str, alt: Option<&str>| (source.to_string(), alt.map(str::to_string));
        let images: Vec<_> = read(text).images.into_iter().map(|it| (it.source, it.alt)).collect();
        assert_eq!(
            images,
            [
                image("a.svg", Some("an app")),
                image("b.png", Some("")),
                image("c.svg", Some("x > y")),
                image("d", None)
            ]
        );
    }

    #[test]
    fn counts_lines_whatever_ends_them() {
        assert_eq!(line("a\r\nb\nc", 0), 1);
        assert_eq!(line("a\r\nb\nc", 3), 2);
        assert_eq!(line("a\r\nb\nc", 5), 3);
    }
}
