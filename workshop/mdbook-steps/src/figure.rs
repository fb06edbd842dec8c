//! `{{#figure way alt="..."}}`: a picture of the book.

use anyhow::{Context as _, Result, bail};

use crate::directive::Directive;
use crate::error::missing;
use crate::html;
use crate::page::Page;
use crate::svg;
use crate::workspace::BOOK;

pub(crate) fn expand(directive: &Directive, page: &mut Page) -> Result<String> {
    directive.allow_options(&["alt", "caption"])?;
    let [name] = directive.exactly("{{#figure way alt=\"what it shows\"}}")?;
    page.figures += 1;
    let id = id(page.chapter, name, page.figures);
    let file = file(page, name)?;
    let path = format!("{BOOK}/images/{file}");
    let picture = if file.ends_with(".svg") {
        let source = page.workspace.read(&path)?;
        let described = svg::description(&source.text).with_context(|| path.clone())?;
        let alt = alternative(directive, described.as_deref())?;
        svg::inline(&source.text, alt, &id).with_context(|| path.clone())?
    } else {
        let alt = alternative(directive, None)?;
        format!("<img src=\"{}images/{file}\" alt=\"{}\">", page.up(), html::escape(alt))
    };
    page.used.figures.insert(path);
    let caption = directive.option("caption").map(html::escape);
    let caption = caption.map(|it| format!("<figcaption>{it}</figcaption>\n")).unwrap_or_default();
    Ok(format!(
        "<figure class=\"figure\" id=\"{id}\" style=\"margin-inline: 0\">\n{picture}\n{caption}</figure>\n"
    ))
}

/// The file of the picture in the book's images.
fn file(page: &Page, name: &str) -> Result<String> {
    let files = page.workspace.list(&format!("{BOOK}/images"));
    let is_picture = |file: &&String| {
        file.strip_suffix(".svg").or(file.strip_suffix(".png")).is_some_and(|stem| stem == name)
    };
    let found: Vec<&String> = files.iter().filter(is_picture).collect();
    match found[..] {
        [file] => Ok(file.clone()),
        [] => {
            Err(missing(format!("picture `{name}` (.svg or .png) in {BOOK}/images"), name, &files))
        }
        [one, other, ..] => bail!("the picture `{name}` is ambiguous: {one}, {other}"),
    }
}

/// The text alternative: the option, or the picture's own description.
fn alternative<'a>(directive: &'a Directive, described: Option<&'a str>) -> Result<&'a str> {
    let alt = directive.option("alt").or(described);
    alt.context("a picture needs a text alternative: alt=\"what it shows\"")
}

/// An id for the page, and for the print page, which has all chapters. CSS needs no escape for it.
fn id(chapter: &str, name: &str, number: usize) -> String {
    let text = format!("fig-{} {name} {number}", chapter.trim_end_matches(".md"));
    text.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}
