//! `{{#figure way alt="..."}}`, and the pictures that chapters show in Markdown or HTML.

use std::path::Path;

use crate::block;
use crate::directive::Directive;
use crate::error::Problem;
use crate::markdown::Image;
use crate::svg;
use crate::used::Used;
use crate::workspace::Workspace;

/// Where a chapter is, as far as its pictures are concerned.
pub(crate) struct Place<'a> {
    /// The book's sources, from the workspace's root: `book/src`.
    pub book: &'a str,
    /// The chapter's file, from there, with slashes.
    pub chapter: &'a str,
    /// How many figures came before this one in the chapter.
    pub number: usize,
}

pub(crate) fn expand(
    directive: &Directive,
    workspace: &Workspace,
    place: &Place,
    used: &mut Used,
) -> Result<String, Problem> {
    directive.only(&["alt", "caption"])?;
    let [name] = directive.exactly("figure way alt=\"what it shows\"")?;
    let images = format!("{}/images", place.book);
    let candidates = ["svg", "png"].map(|it| (it, format!("{images}/{name}.{it}")));
    let found: Vec<_> = candidates.into_iter().filter(|(_, path)| workspace.has(path)).collect();
    let (format, path) = match &found[..] {
        [(format, path)] => (*format, path.clone()),
        [] => {
            let there = workspace.files(&images);
            let there =
                there.iter().filter_map(|it| it.strip_suffix(".svg").or(it.strip_suffix(".png")));
            let there = there.map(str::to_string).collect();
            let what = format!("picture `{name}` (.svg or .png) in {images}");
            return Err(Problem::missing(what, name, there));
        }
        _ => {
            return Err(Problem::Ambiguous {
                what: format!("the picture `{name}`"),
                those: found.into_iter().map(|(_, path)| path).collect(),
            });
        }
    };
    // Unique on the page, and on the print page, which has all chapters.
    let id = format!("{} {name} {}", place.chapter.trim_end_matches(".md"), place.number);
    let id = slug(&id);
    // A picture that a program drew may say itself what it shows.
    let source = if format == "svg" { Some(workspace.read(&path)?) } else { None };
    let told = source.as_ref().map(svg::description).transpose()?.flatten();
    let alt = directive.option("alt").or(told.as_deref()).ok_or_else(|| {
        Problem::Usage("a picture needs a text alternative: alt=\"what it shows\"".to_string())
    })?;
    let picture = if let Some(source) = source {
        svg::inline(&source, alt, &id)?
    } else {
        let up = "../".repeat(place.chapter.matches('/').count());
        format!("<img src=\"{up}images/{name}.png\" alt=\"{}\">", block::html(alt))
    };
    used.figures.insert(path);
    let caption = directive.option("caption").map(block::html);
    let caption = caption.map(|it| format!("<figcaption>{it}</figcaption>\n")).unwrap_or_default();
    Ok(format!(
        "<figure class=\"figure\" id=\"{id}\" style=\"margin-inline: 0\">\n{picture}\n{caption}</figure>\n"
    ))
}

/// Letters, digits and hyphens alone, starting with a letter, so that it needs no escape in CSS.
fn slug(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!("fig-{}", text.chars().map(plain).collect::<String>())
}

/// Checks a picture that no directive made: it must be in the book and have a text alternative.
pub(crate) fn check(
    image: &Image,
    workspace: &Workspace,
    place: &Place,
    used: &mut Used,
) -> Result<(), Problem> {
    let source = image.source.split(['?', '#']).next().unwrap_or_default();
    if image.alt.as_ref().is_none_or(|alt| alt.trim().is_empty()) {
        return Err(Problem::Usage(format!(
            "the picture `{source}` needs a text alternative that says what it shows"
        )));
    }
    if source.contains(':') || source.starts_with('/') {
        return Err(Problem::Usage(format!(
            "the picture `{source}` is not in the book, which has to work without a network; give \
             a path from the chapter's folder"
        )));
    }
    let folder = Path::new(place.chapter).parent().unwrap_or(Path::new(""));
    let mut parts: Vec<&str> = folder.iter().filter_map(|part| part.to_str()).collect();
    for part in source.split('/') {
        match part {
            ".." if parts.pop().is_none() => {
                return Err(Problem::Usage(format!(
                    "the picture `{source}` is outside of {}, so it is not in the book",
                    place.book
                )));
            }
            "." | ".." => {}
            part => parts.push(part),
        }
    }
    let path = format!("{}/{}", place.book, parts.join("/"));
    if !workspace.has(&path) {
        let images = workspace.files(&format!("{}/images", place.book));
        let what = format!("picture `{path}`");
        let there = images.iter().map(|file| format!("images/{file}")).collect();
        return Err(Problem::missing(what, source, there));
    }
    used.figures.insert(path);
    Ok(())
}
