//! The book: programs produce its listings and outputs, and its pages are complete.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use mdbook_driver::{MDBook, config::Config};
use mdbook_steps::{Steps, Used};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TextMergeStream};
use scraper::{Html, Selector};
use tests::{STEPS, folder, root};

/// A snapshot that is only for tests. It equals the snapshot of step 04, which a page shows.
const NOT_SHOWN: &str = "steps/05-synthetic-latency/snapshots/envelopes.snap";

pub fn source() -> PathBuf {
    root().join("book").join("src")
}

/// The files of the chapters, in the order of the summary.
pub fn chapters() -> Vec<String> {
    let summary = fs::read_to_string(source().join("SUMMARY.md")).unwrap();
    let links = summary.lines().filter_map(|line| line.split_once("](")?.1.split_once(')'));
    links.map(|(file, _)| file.to_string()).collect()
}

/// A chapter after the preprocessor has run, and the sources that the chapter shows.
fn expand(chapter: &str) -> (String, Used) {
    let text = fs::read_to_string(source().join(chapter)).unwrap();
    let expanded = Steps::new(root()).expand(&text, Path::new(chapter));
    expanded.unwrap_or_else(|errors| panic!("{errors}"))
}

/// The sources that the book shows.
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
        // The command in book.toml would run cargo again.
        book.with_preprocessor(Steps::new(root()));
        book.build().unwrap_or_else(|error| panic!("{error:#}"));
        folder
    });
    folder.path()
}

/// The pages of the book, by path.
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

/// A changed step, metric or version changes the snapshot of a page, which must then be read again.
#[test]
fn pages_are_unchanged_since_their_last_reading() {
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
    assert!(
        changed.is_empty(),
        "read these pages, then accept them with cargo insta review: {changed:?}"
    );
}

#[test]
fn every_page_is_in_the_summary() {
    let listed: BTreeSet<_> = chapters().into_iter().collect();
    for entry in fs::read_dir(source()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let is_page = name != "SUMMARY.md"
            && Path::new(&name).extension().is_some_and(|extension| extension == "md");
        assert!(!is_page || listed.contains(&name), "{name} is not in the summary");
    }
}

#[test]
fn links_have_a_target() {
    let pages = pages();
    let ids: BTreeMap<_, BTreeSet<String>> = pages
        .iter()
        .map(|(path, page)| (path.clone(), select(page, "[id]", "id").into_iter().collect()))
        .collect();
    for (path, page) in &pages {
        // The print page has all chapters in one file, so their relative links do not apply.
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

/// The book works without a network, and from a USB stick.
#[test]
fn pages_load_only_files_of_the_book() {
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
fn pictures_have_text_alternatives() {
    let mut pictures = 0;
    for (path, page) in pages() {
        // The icons of mdBook are not checked.
        for (selector, attribute) in [("main img", "alt"), ("main figure svg", "aria-label")] {
            let all = page.select(&Selector::parse(selector).unwrap()).count();
            let alternatives = select(&page, selector, attribute);
            assert_eq!(all, alternatives.len(), "{}: {selector}", path.display());
            let described = alternatives.iter().all(|text| text.len() > 40);
            assert!(described, "{}: {alternatives:?}", path.display());
            pictures += all;
        }
    }
    assert!(pictures > 5, "the book has pictures");
}

/// The language and the text of each fence in the source of a chapter.
fn fences(chapter: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(source().join(chapter)).unwrap();
    let mut fences = Vec::new();
    let mut events = TextMergeStream::new(Parser::new(&text));
    while let Some(event) = events.next() {
        let Event::Start(Tag::CodeBlock(kind)) = event else { continue };
        let language = match kind {
            CodeBlockKind::Fenced(language) => language.to_string(),
            CodeBlockKind::Indented => String::new(),
        };
        let Some(Event::Text(text)) = events.next() else { panic!("{chapter}: an empty fence") };
        fences.push((language, text.to_string()));
    }
    fences
}

/// Another test runs the commands.
#[test]
fn only_commands_are_typed_by_hand() {
    for chapter in chapters() {
        for (language, text) in fences(&chapter) {
            assert!(language == "console", "{chapter}: ```{language}\n{text}");
        }
    }
}

/// Asserts that every file in `folder` with this extension is among `shown`.
fn assert_all_shown(folder: &Path, extension: &str, shown: &BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        let counts = path.extension().is_some_and(|found| found == extension);
        assert!(!counts || shown.contains(&name), "no page shows {name}");
    }
}

#[test]
fn pages_show_every_snapshot_and_picture() {
    let mut used = used();
    used.outputs.insert(NOT_SHOWN.to_string());
    // The pages need not show every snapshot of steps 06 and 07.
    for (number, _) in STEPS.into_iter().take(5) {
        assert_all_shown(&folder(number).join("snapshots"), "snap", &used.outputs);
    }
    for other in ["workshop/cli", "workshop/cost", "prometheus", "azure/collector", "gateway"] {
        assert_all_shown(&root().join(other).join("snapshots"), "snap", &used.outputs);
    }
    for extension in ["svg", "png"] {
        assert_all_shown(&source().join("images"), extension, &used.figures);
    }
}

pub fn schedule() -> toml::Table {
    fs::read_to_string(root().join("book").join("schedule.toml")).unwrap().parse().unwrap()
}

/// The chapters of a plan, in order.
fn plan(name: &str) -> Vec<String> {
    let slots = schedule()["plan"][name]["slots"].as_array().unwrap().clone();
    let chapters = slots.iter().filter_map(|slot| slot.get("chapter"));
    chapters.map(|chapter| chapter.as_str().unwrap().to_string()).collect()
}

#[test]
fn chapters_state_their_minutes() {
    for chapter in chapters() {
        let text = fs::read_to_string(source().join(&chapter)).unwrap();
        assert!(text.contains("{{#minutes}}"), "{chapter} does not state its minutes");
    }
}

#[test]
fn questions_for_the_class_have_answers() {
    for chapter in chapters() {
        let text = fs::read_to_string(source().join(&chapter)).unwrap();
        let mut asked = text.lines().filter_map(|line| line.strip_prefix("**Ask:** ")).peekable();
        assert!(asked.peek().is_some(), "{chapter} asks nothing");
        for questions in asked.flat_map(|line| line.split("Then: ")) {
            let (_, answer) = questions.rsplit_once("?\"").unwrap_or(("", questions));
            assert!(answer.len() > 10, "{chapter} does not answer {questions}");
        }
    }
}

#[test]
fn chapters_show_every_exercise() {
    let shown: BTreeSet<String> =
        chapters().iter().flat_map(|chapter| expand(chapter).1.exercises).collect();
    let exercises = learn::exercises(root()).unwrap().into_iter().map(|exercise| exercise.name);
    assert_eq!(shown, exercises.collect());
}

/// Chapters that are for a separate day.
const BEYOND_THE_ARTICLE: [&str; 5] = ["step-06", "step-07", "prometheus", "gateway", "costs"];

#[test]
fn plans_have_all_chapters() {
    let (_, used) = expand("teaching.md");
    let plans: BTreeSet<String> = schedule()["plan"].as_table().unwrap().keys().cloned().collect();
    assert_eq!(used.schedules, plans, "the page for teachers shows every plan");
    let (half, full) = (plan("half-day"), plan("full-day"));
    for chapter in chapters() {
        let chapter = chapter.trim_end_matches(".md").to_string();
        let is_beyond = BEYOND_THE_ARTICLE.contains(&&*chapter);
        let is_step = (chapter.starts_with("step-") && !is_beyond) || chapter == "azure";
        assert!(!is_step || half.contains(&chapter), "half-day: {chapter}");
        // The first is for the teacher, and the others are for reference.
        let is_read = !is_beyond && !["teaching", "sheet", "glossary"].contains(&&*chapter);
        assert!(!is_read || full.contains(&chapter), "full-day: {chapter}");
    }
}

#[test]
fn next_and_previous_visit_all_pages() {
    let pages = pages();
    let expected: Vec<_> = chapters().iter().map(|it| it.replace(".md", ".html")).collect();
    for (rel, expected) in
        [("next", expected.clone()), ("prev", expected.iter().rev().cloned().collect())]
    {
        let mut visited = vec![expected[0].clone()];
        while let Some(page) = pages.get(Path::new(visited.last().unwrap()))
            && let Some(link) = select(page, &format!("nav a[rel~={rel}]"), "href").pop()
            && visited.len() <= expected.len()
        {
            visited.push(link);
        }
        assert_eq!(visited, expected, "{rel}");
    }
}

#[test]
fn the_print_page_has_all_chapters() {
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
fn ids_are_unique_on_a_page() {
    for (path, page) in pages() {
        let mut seen = BTreeSet::new();
        for id in select(&page, "[id]", "id") {
            assert!(seen.insert(id.clone()), "{}: {id}", path.display());
        }
    }
}

/// A keyboard user skips the list of chapters.
#[test]
fn pages_have_a_link_past_the_sidebar() {
    for (path, page) in pages() {
        let framed = path.as_os_str() == "toc.html";
        let skip = select(&page, "a.skip", "href");
        assert!(framed || skip == ["#mdbook-content"], "{}: {skip:?}", path.display());
    }
}
