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
    assert_all_shown(&root().join("workshop/cli/snapshots"), "snap", &shown);
    for extension in ["svg", "png"] {
        assert_all_shown(&source().join("images"), extension, &used.figures);
    }
}

/// The chapters' files without `.md`, and their text.
fn texts() -> Vec<(String, String)> {
    let text = |chapter: &String| fs::read_to_string(source().join(chapter)).unwrap();
    chapters().iter().map(|it| (it.trim_end_matches(".md").to_string(), text(it))).collect()
}

fn schedule() -> toml::Table {
    fs::read_to_string(root().join("book").join("schedule.toml")).unwrap().parse().unwrap()
}

/// The chapters of a plan, in order.
fn plan(name: &str) -> Vec<String> {
    let slots = schedule()["plan"][name]["slots"].as_array().unwrap().clone();
    let chapters = slots.iter().filter_map(|slot| slot.get("chapter"));
    chapters.map(|chapter| chapter.as_str().unwrap().to_string()).collect()
}

/// Words that are read: without directives, HTML and what is in a fence or in the teacher's notes.
fn words(text: &str) -> usize {
    let text = text.split("<details>").next().unwrap();
    let prose = text.split("```").step_by(2);
    let lines = prose.flat_map(str::lines).filter(|line| !line.starts_with("{{#"));
    lines.flat_map(str::split_whitespace).filter(|word| word.contains(char::is_alphabetic)).count()
}

#[test]
fn every_chapter_says_how_long_it_takes() {
    let schedule = schedule();
    for (chapter, text) in texts() {
        let minutes = schedule["minutes"].get(&chapter).and_then(toml::Value::as_integer);
        let minutes = minutes.and_then(|it| usize::try_from(it).ok());
        let minutes = minutes.unwrap_or_else(|| panic!("{chapter}: no minutes in schedule.toml"));
        assert!(text.contains("{{#minutes}}"), "{chapter} does not tell its minutes");
        // Nobody reads faster than 200 words a minute and understands.
        let least = words(&text) / 200;
        assert!(minutes > least, "{chapter}: to read it takes {least} minutes alone");
    }
}

/// What the teacher says and asks, what goes wrong, and how to tell that everybody has arrived.
#[test]
fn every_chapter_has_notes_for_the_teacher() {
    for (chapter, text) in texts() {
        let notes: Vec<_> = text.split("<summary>For the teacher</summary>").skip(1).collect();
        assert_eq!(notes.len(), 1, "{chapter}: one place for the teacher's notes");
        let notes = notes[0].split_once("</details>").unwrap().0;
        for label in ["**Say:**", "**Ask:**", "**Goes wrong:**", "**Arrived:**"] {
            let note =
                notes.split_once(label).map_or("", |(_, rest)| rest.split("**").next().unwrap());
            assert!(note.split_whitespace().count() > 4, "{chapter}: nothing after {label}");
        }
    }
}

/// What a teacher projects, one picture after the other.
#[test]
fn every_chapter_has_a_picture() {
    for chapter in chapters() {
        assert!(!expand(&chapter).1.figures.is_empty(), "{chapter} has no picture");
    }
}

#[test]
fn the_plans_hold_the_book() {
    let (_, used) = expand("teaching.md");
    let plans: BTreeSet<String> = schedule()["plan"].as_table().unwrap().keys().cloned().collect();
    assert_eq!(used.schedules, plans, "the page for teachers shows every plan");
    let all: Vec<_> = texts().into_iter().map(|(chapter, _)| chapter).collect();
    let half = plan("half-day");
    for chapter in all.iter().filter(|it| it.starts_with("step-")) {
        assert!(half.contains(chapter), "half a day has all steps, and not {chapter}");
    }
    let whole = plan("full-day");
    for chapter in all.iter().filter(|it| *it != "teaching") {
        assert!(whole.contains(chapter), "a whole day has the whole book, and not {chapter}");
    }
    for plan in [half, whole] {
        let steps: Vec<_> = plan.iter().filter(|it| it.starts_with("step-")).collect();
        assert!(steps.is_sorted(), "{steps:?}");
    }
    let hours = |plan: &str, key: &str| {
        let time = schedule()["plan"][plan][key].as_str().unwrap().to_string();
        time[..2].parse::<u32>().unwrap() * 60 + time[3..].parse::<u32>().unwrap()
    };
    assert!(hours("half-day", "end") - hours("half-day", "start") <= 4 * 60, "it is half a day");
    assert!(hours("full-day", "end") - hours("full-day", "start") <= 8 * 60, "it is a day");
}

#[test]
fn next_and_previous_lead_through_the_whole_book() {
    let pages = pages();
    let expected: Vec<_> = chapters().iter().map(|it| it.replace(".md", ".html")).collect();
    for (rel, expected) in
        [("next", expected.clone()), ("prev", expected.iter().rev().cloned().collect())]
    {
        let mut way = vec![expected[0].clone()];
        while let Some(page) = pages.get(Path::new(way.last().unwrap()))
            && let Some(link) = select(page, &format!("nav a[rel~={rel}]"), "href").pop()
            && way.len() <= expected.len()
        {
            way.push(link);
        }
        assert_eq!(way, expected, "{rel}");
    }
}

#[test]
fn the_page_for_the_printer_has_everything() {
    let pages = pages();
    let all = &pages[Path::new("print.html")];
    let count =
        |page: &Html, selector: &str| page.select(&Selector::parse(selector).unwrap()).count();
    for selector in
        ["main h1", "main h2", "main pre", "main table", "main figure svg", "main details"]
    {
        let page = |it: &String| &pages[Path::new(&it.replace(".md", ".html"))];
        let each: usize = chapters().iter().map(|it| count(page(it), selector)).sum();
        assert_eq!(count(all, selector), each, "{selector}");
    }
}

#[test]
fn no_page_has_an_id_twice() {
    for (path, page) in pages() {
        let mut seen = BTreeSet::new();
        for id in select(&page, "[id]", "id") {
            assert!(seen.insert(id.clone()), "{}: {id}", path.display());
        }
    }
}

/// Whoever has no mouse does not want to go through all chapters on each page.
#[test]
fn every_page_has_a_way_past_the_sidebar() {
    for (path, page) in pages() {
        let framed = path.as_os_str() == "toc.html";
        let skip = select(&page, "a.skip", "href");
        assert!(framed || skip == ["#mdbook-content"], "{}: {skip:?}", path.display());
    }
}
