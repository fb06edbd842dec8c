//! `{{#figure way alt="..."}}`: a picture in the book.

use anyhow::{Context as _, Result, bail};

use crate::directive::Directive;
use crate::error::missing;
use crate::html;
use crate::page::Page;
use crate::svg;
use crate::workspace::BOOK;

const NO_ALTERNATIVE: &str = "a picture needs a text alternative: alt=\"what it shows\"";

pub(crate) fn expand(directive: &Directive, page: &mut Page) -> Result<String> {
    directive.allow_options(&["alt", "caption"])?;
    let [name] = directive.exactly("{{#figure way alt=\"what it shows\"}}")?;
    page.figures += 1;
    let id = id(page.chapter, name, page.figures);
    let images = page.workspace.list(&format!("{BOOK}/images"));
    let (svg, png) = (format!("{name}.svg"), format!("{name}.png"));
    let (file, picture) = match (images.contains(&svg), images.contains(&png)) {
        (true, false) => {
            let picture = inline(page, &svg, &id, directive.option("alt"));
            let picture = picture.with_context(|| format!("{BOOK}/images/{svg}"))?;
            (svg, picture)
        }
        (false, true) => {
            let alt = html::escape(directive.option("alt").context(NO_ALTERNATIVE)?);
            let picture = format!("<img src=\"{}images/{png}\" alt=\"{alt}\">", page.up());
            (png, picture)
        }
        (true, true) => bail!("the picture `{name}` is ambiguous: {svg}, {png}"),
        (false, false) => {
            let what = format!("picture `{name}` (.svg or .png) in {BOOK}/images");
            return Err(missing(what, name, &images));
        }
    };
    page.used.figures.insert(format!("{BOOK}/images/{file}"));
    let caption = directive.option("caption").map(html::escape);
    let caption = caption.map(|it| format!("<figcaption>{it}</figcaption>\n")).unwrap_or_default();
    Ok(format!(
        "<figure class=\"figure\" id=\"{id}\" style=\"margin-inline: 0\">\n{picture}\n{caption}</figure>\n"
    ))
}

/// An SVG as an element of the page. If the directive has no text alternative, the description in
/// the SVG is used.
fn inline(page: &Page, file: &str, id: &str, alt: Option<&str>) -> Result<String> {
    let source = page.workspace.read(&format!("{BOOK}/images/{file}"))?;
    let description = svg::description(&source.text)?;
    let alt = alt.or(description.as_deref()).context(NO_ALTERNATIVE)?;
    svg::inline(&source.text, alt, id)
}

/// An id that is unique on the page and on the print page, which contains all chapters. The id
/// contains no character that CSS would need to escape.
fn id(chapter: &str, name: &str, number: usize) -> String {
    let text = format!("fig-{} {name} {number}", chapter.trim_end_matches(".md"));
    text.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}
