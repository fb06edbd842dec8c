//! The book without a server and a network: its pages load nothing from elsewhere.

use std::fs;
use std::path::Path;

use crate::workshop::repository;
use cli::files::files_in;
use harness::Program;
use scraper::{Html, Selector};

/// Elements with an address that a browser loads without a click.
const LOADED: [(&str, &str); 9] = [
    ("script[src]", "src"),
    ("link[href]:not([rel~=canonical])", "href"),
    ("img[src]", "src"),
    ("iframe[src]", "src"),
    ("source[src]", "src"),
    ("video[src]", "src"),
    ("object[data]", "data"),
    ("base[href]", "href"),
    ("use[href]", "href"),
];

#[test]
fn the_real_book_loads_nothing_from_elsewhere() {
    let out = tempfile::tempdir().unwrap();
    let program = Program::new(env!("CARGO_BIN_EXE_workshop")).arg("book").arg(out.path());
    let finished = program.arg("--root").arg(repository()).run().unwrap();
    assert!(finished.status.success(), "{}", finished.stderr);
    assert_eq!(problems(out.path()), Vec::<String>::new());
}

#[test]
fn the_check_finds_every_kind_of_problem() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
    fs::create_dir(folder.path().join("deep")).unwrap();
    write("style.css", "a { background: url(https://example.com/a.png) }");
    write("deep/page.html", "<a href='../index.html#top'>up</a> <a href='missing.html'></a>");
    write(
        "index.html",
        "<link rel='stylesheet' href='style.css'>
         <script src='https://example.com/a.js'></script>
         <img src='//example.com/a.png'> <img src='data:image/png;base64,'>
         <pre class='playground'></pre>
         <a href='https://example.com/'>a link that the reader may follow</a>
         <a href='deep/page.html?a#b'></a> <a href='#here'></a> <a href='/index.html'></a>",
    );
    assert_eq!(
        problems(folder.path()),
        [
            "deep/page.html: a[href] missing.html is not in the folder",
            "index.html: a playground",
            "index.html: script[src] https://example.com/a.js is not in the folder",
            "index.html: img[src] //example.com/a.png is not in the folder",
            "index.html: a[href] /index.html is not in the folder",
            "style.css: url(http",
        ]
    );
}

/// Everything in the book at `folder` that needs a server or a network.
fn problems(folder: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    for file in files_in(folder).unwrap() {
        let name = file.to_str().unwrap().to_owned();
        let extension = file.extension().unwrap_or_default();
        if extension == "css" {
            let text = fs::read_to_string(folder.join(&file)).unwrap();
            let loads = ["url(http", "url(\"http", "url('http", "url(//", "@import"];
            problems.extend(
                loads.iter().filter(|it| text.contains(**it)).map(|it| format!("{name}: {it}")),
            );
        }
        if extension != "html" {
            continue;
        }
        let page = Html::parse_document(&fs::read_to_string(folder.join(&file)).unwrap());
        // For such an element, mdBook's script connects to play.rust-lang.org.
        if page.select(&selector(".playground")).next().is_some() {
            problems.push(format!("{name}: a playground"));
        }
        let inside = file.parent().unwrap();
        for (what, attribute) in LOADED {
            for element in page.select(&selector(what)) {
                let target = element.attr(attribute).unwrap();
                if !leads_inside(folder, inside, target) {
                    problems.push(format!("{name}: {what} {target} is not in the folder"));
                }
            }
        }
        for link in page.select(&selector("a[href]")) {
            let target = link.attr("href").unwrap();
            // A link that a reader clicks may need a network.
            let elsewhere = ["https://", "http://", "mailto:"];
            if !elsewhere.iter().any(|scheme| target.starts_with(scheme))
                && !leads_inside(folder, inside, target)
            {
                problems.push(format!("{name}: a[href] {target} is not in the folder"));
            }
        }
    }
    problems
}

/// Whether `target` on a page in `inside` is relative and leads to a file in `folder`.
fn leads_inside(folder: &Path, inside: &Path, target: &str) -> bool {
    let path = target.split(['#', '?']).next().unwrap_or_default();
    target.starts_with("data:")
        || path.is_empty()
        || (!path.starts_with('/')
            && !path.contains(':')
            && folder.join(inside).join(path).is_file())
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap()
}
