//! Each term of the glossary is explained on the page that its entry links to.

use std::{collections::BTreeSet, fs};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::book::source;

const FEWEST: usize = 30;

/// The terms of the glossary, each with the page of the last link in its definition.
fn entries() -> Vec<(String, String)> {
    let text = fs::read_to_string(source().join("glossary.md")).unwrap();
    let mut entries: Vec<(String, String)> = Vec::new();
    let mut in_term = false;
    for event in Parser::new_ext(&text, Options::ENABLE_DEFINITION_LIST) {
        match event {
            Event::Start(Tag::DefinitionListTitle) => {
                in_term = true;
                entries.push((String::new(), String::new()));
            }
            Event::End(TagEnd::DefinitionListTitle) => in_term = false,
            Event::Text(text) if in_term => entries.last_mut().unwrap().0 += &text,
            Event::Start(Tag::Link { dest_url, .. }) => {
                let page = dest_url.split('#').next().unwrap_or_default();
                if let (Some(entry), Some(page)) = (entries.last_mut(), page.strip_suffix(".md"))
                    && !page.contains("://")
                {
                    entry.1 = page.to_string();
                }
            }
            _ => (),
        }
    }
    entries
}

/// The texts in italics on a page, in lower case.
fn italics(page: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(source().join(page).with_extension("md")).unwrap();
    let (mut all, mut open) = (BTreeSet::new(), None);
    for event in Parser::new_ext(&text, Options::ENABLE_TABLES | Options::ENABLE_DEFINITION_LIST) {
        match event {
            Event::Start(Tag::Emphasis) => open = Some(String::new()),
            Event::End(TagEnd::Emphasis) => all.extend(open.take()),
            Event::Text(text) => {
                if let Some(open) = &mut open {
                    *open += &text.to_lowercase();
                }
            }
            _ => (),
        }
    }
    all
}

#[test]
fn terms_are_in_italics_on_their_pages() {
    let mut missing = Vec::new();
    for (term, page) in entries() {
        let singular = term.to_lowercase();
        let forms = [format!("{singular}s"), singular];
        let explained = !page.is_empty() && !italics(&page).is_disjoint(&forms.into());
        if !explained {
            missing.push(format!("*{term}* is not on its page `{page}.md`"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn terms_are_sorted() {
    let terms: Vec<_> = entries().into_iter().map(|(term, _)| term.to_lowercase()).collect();
    assert!(terms.len() >= FEWEST, "only {} terms", terms.len());
    for pair in terms.windows(2) {
        assert!(pair[0] < pair[1], "{} comes before {}", pair[0], pair[1]);
    }
}
