//! The book, held to its promise that nothing in it was typed by hand.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use mdbook_driver::{MDBook, config::Config};
use mdbook_steps::{Steps, Used};
use scraper::{Html, Selector};
use tests::{STEPS, folder, root};

/// Fences that no program produced, and why.
const BY_HAND: [(&str, &str); 2] = [
    ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=", "a setting for a Prometheus that is not here"),
    ("sum(rate(request_latency_milliseconds_sum", "a query for a Prometheus that is not here"),
];

fn source() -> PathBuf {
    root().join("book").join("src")
}

/// The chapters, by file name, as the summary has them.
fn chapters() -> Vec<String> {
    let summary = fs::read_to_string(source().join("SUMMARY.md")).unwrap();
    let links = summary.lines().filter_map(|line| line.split_once("](")?.1.split_once(')'));
    links.map(|(file, _)| file.to_string()).collect()
}

/// What the preprocessor makes of a chapter, and what it shows.
fn expand(chapter: &str) -> (String, Used) {
    let text = fs::read_to_string(source().join(chapter)).unwrap();
    let expanded = Steps::new(root()).expand(&text, Path::new(chapter));
    expanded.unwrap_or_else(|errors| panic!("{errors}"))
}

/// All that the book shows.
fn used() -> Used {
    let mut all = Used::default();
    for chapter in chapters() {
        all.extend(expand(&chapter).1);
    }
    all
}

/// The folder with the built book.
fn built() -> &'static Path {
    static BUILT: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::from_disk(root().join("book").join("book.toml")).unwrap();
        config.build.build_dir = folder.path().to_path_buf();
        let mut book = MDBook::load_with_config(root().join("book"), config).unwrap();
        // Within this process, and not by way of another cargo.
        book.with_preprocessor(Steps::new(root()));
        book.build().unwrap_or_else(|error| panic!("{error:#}"));
        folder
    });
    folder.path()
}

/// The pages that a reader can open, by path below the book.
fn pages() -> BTreeMap<PathBuf, Html> {
    let html = built();
    let mut pages = BTreeMap::new();
    for entry in fs::read_dir(html).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "html") {
            let page = Html::parse_document(&fs::read_to_string(&path).unwrap());
            pages.insert(path.strip_prefix(html).unwrap().to_path_buf(), page);
        }
    }
    assert!(pages.len() > chapters().len(), "the book has pages");
    pages
}

fn select(page: &Html, selector: &str, attribute: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    let found = page.select(&selector).filter_map(|element| element.value().attr(attribute));
    found.map(str::to_string).collect()
}

/// What a chapter is made of after the preprocessor. A step that changes, a metric that gets
/// another name, a version that is raised: each is a difference here, and names the page to read
/// again.
#[test]
fn each_page_is_as_it_was_last_read() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("book").join("pages"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut changed = Vec::new();
    for chapter in chapters() {
        let (text, _) = expand(&chapter);
        let name = chapter.trim_end_matches(".md").to_string();
        let compare = || settings.bind(|| insta::assert_snapshot!(name.clone(), text));
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(compare)).is_err() {
            changed.push(chapter);
        }
    }
    assert!(changed.is_empty(), "read again, then accept with cargo insta review: {changed:?}");
}

#[test]
fn every_page_is_in_the_summary() {
    let listed: BTreeSet<_> = chapters().into_iter().collect();
    for entry in fs::read_dir(source()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let is_page = name != "SUMMARY.md"
            && Path::new(&name).extension().is_some_and(|extension| extension == "md");
        assert!(!is_page || listed.contains(&name), "{name} is in no summary");
    }
}

#[test]
fn every_link_leads_somewhere() {
    let pages = pages();
    let ids: BTreeMap<_, BTreeSet<String>> = pages
        .iter()
        .map(|(path, page)| (path.clone(), select(page, "[id]", "id").into_iter().collect()))
        .collect();
    for (path, page) in &pages {
        // The page that has all others repeats their links, relative to another place.
        if path.as_os_str() == "print.html" {
            continue;
        }
        for link in select(page, "a[href]", "href") {
            if link.starts_with("https://") || link.starts_with("http://") {
                continue;
            }
            let (file, fragment) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { path.clone() } else { PathBuf::from(file) };
            let place = format!("{}: {link}", path.display());
            assert!(built().join(&target).exists(), "{place}");
            if !fragment.is_empty() {
                let there = ids.get(&target).is_some_and(|ids| ids.contains(fragment));
                assert!(there, "{place}");
            }
        }
    }
}

/// Without a network, and from a USB stick.
#[test]
fn nothing_is_loaded_from_elsewhere() {
    for (path, page) in pages() {
        for (selector, attribute) in
            [("script[src]", "src"), ("link[href]", "href"), ("img[src]", "src")]
        {
            for target in select(&page, selector, attribute) {
                let place = format!("{}: {target}", path.display());
                assert!(!target.contains("://") && !target.starts_with('/'), "{place}");
                assert!(built().join(&target).exists(), "{place}");
            }
        }
    }
}

#[test]
fn every_picture_can_be_heard() {
    let mut pictures = 0;
    for (path, page) in pages() {
        // What mdBook draws itself, such as the arrow to the next page, is its own affair.
        for (selector, attribute) in [("main img", "alt"), ("main figure svg", "aria-label")] {
            let all = page.select(&Selector::parse(selector).unwrap()).count();
            let heard = select(&page, selector, attribute);
            assert_eq!(all, heard.len(), "{}: {selector}", path.display());
            assert!(heard.iter().all(|text| text.len() > 40), "{}: {heard:?}", path.display());
            pictures += all;
        }
    }
    assert!(pictures > 5, "there are pictures");
}

/// In the source of a page stand commands, which a test types, and nothing else in a fence.
#[test]
fn no_output_was_typed_by_hand() {
    let mut listed = BTreeSet::new();
    for chapter in chapters() {
        for fence in expand(&chapter).1.fences {
            let allowed = BY_HAND.iter().find(|(start, _)| fence.text.starts_with(start));
            let place = format!("{chapter}:{}: ```{}", fence.line, fence.language);
            assert!(fence.language == "console" || allowed.is_some(), "{place}\n{}", fence.text);
            listed.extend(allowed.map(|(start, _)| *start));
        }
    }
    assert_eq!(listed.len(), BY_HAND.len(), "the list has something that no page has");
}

/// Every file in `folder` with this extension is among `shown`.
fn assert_all_shown(folder: &Path, extension: &str, shown: &BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        let counts = path.extension().is_some_and(|found| found == extension);
        assert!(!counts || shown.contains(&name), "no page shows {name}");
    }
}

#[test]
fn every_snapshot_and_every_picture_is_on_some_page() {
    let used = used();
    let shown = used.outputs.union(&used.telemetry).cloned().collect();
    for (number, _) in STEPS {
        assert_all_shown(&folder(number).join("snapshots"), "snap", &shown);
    }
    for extension in ["svg", "png"] {
        assert_all_shown(&source().join("images"), extension, &used.figures);
    }
}
