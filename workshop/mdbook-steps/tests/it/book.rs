//! A small workspace with a book of one chapter, in a temporary folder.

use std::fs;
use std::path::{Path, PathBuf};

use mdbook_driver::MDBook;
use mdbook_steps::Steps;
use tempfile::TempDir;

/// A line with more backticks than a fence usually has.
pub const TICKS: &str = "``````";

const APP: &str = "//! The app.\nuse step_01::variable;\n\n/// Serves.\npub fn app() {\n    one();\n    two();\n}\n";

const FILES: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[workspace]\nmembers = [\"steps/*\"]\n[workspace.package]\nrust-version = \"1.95\"\n",
    ),
    (
        "Cargo.lock",
        "[[package]]\nname = \"axum\"\nversion = \"0.8.9\"\n[[package]]\nname = \"syn\"\nversion = \"2.0.1\"\n\
         [[package]]\nname = \"syn\"\nversion = \"3.0.1\"\n",
    ),
    (
        "workshop/cost/results.json",
        r#"{ "tables": [{ "name": "prepare", "machine": "m", "columns": ["s", "MB downloaded", "MB lost"],
             "rows": [{ "name": "all of it", "values": [80.5, 33.1, null] }] }] }"#,
    ),
    ("docker-compose.yml", "services:\n  collector:\n    image: otel/collector:0.162.0\n"),
    ("steps/01-plain/Cargo.toml", "[package]\nname = \"step-01\"\n"),
    ("steps/01-plain/src/lib.rs", "//! A library of step-01.\npub mod app;\n"),
    (
        "steps/02-more/Cargo.toml",
        "[package]\nname = \"step-02\"\n\n[dependencies]\naxum = \"0.8.9\"\n",
    ),
    ("steps/02-more/src/lib.rs", "//! A library of step-02.\npub mod app;\n"),
    ("steps/02-more/src/telemetry.rs", "//! New.\n"),
    (
        "steps/02-more/snapshots/console.snap",
        "---\nsource: tests/src/lib.rs\nexpression: a\n---\nMetrics\nMetric #0\n\tName: a\nMetric #1\n",
    ),
    ("book/book.toml", "[preprocessor.steps]\ncommand = \"none\"\n"),
    ("book/src/SUMMARY.md", "# Summary\n\n- [A](chapter.md)\n"),
    (
        "book/src/images/way.svg",
        "<?xml version=\"1.0\"?>\n<svg viewBox=\"0 0 2 1\" aria-labelledby=\"t\">\n<title id=\"t\">t</title>\n\n\
         <style>\n  svg { --ink: black }\n\n  @media (prefers-color-scheme: dark) { svg { --ink: white } }\n\
         .a &gt; .b { fill: var(--ink) }\n</style>\n<linearGradient id=\"gradient\"/>\n\
         <rect fill=\"url(#gradient)\"/>\n</svg>\n",
    ),
];

pub struct Book {
    folder: TempDir,
}

impl Book {
    /// A book whose only chapter has this text.
    pub fn new(chapter: &str) -> Self {
        let book = Self { folder: tempfile::tempdir().unwrap() };
        let guard = "struct Guard;\n\nimpl Drop for Guard {\n    fn drop(&mut self) {}\n}\n";
        let more = format!("{}\n{guard}", APP.replace("step_01", "step_02"));
        let own = [
            ("steps/01-plain/src/app.rs", APP),
            ("steps/02-more/src/app.rs", &more),
            ("book/src/chapter.md", chapter),
        ];
        FILES.iter().chain(&own).fold(book, |book, (path, text)| book.with(path, text))
    }

    /// The same book with an additional file.
    pub fn with(self, path: &str, text: &str) -> Self {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    fn build(&self) -> Result<PathBuf, String> {
        let mut book = MDBook::load(self.root().join("book")).map_err(|error| error.to_string())?;
        // The preprocessor replaces the command in book.toml.
        book.with_preprocessor(Steps::new(self.root()));
        book.build().map_err(|error| error.root_cause().to_string())?;
        Ok(self.root().join("book/book"))
    }

    /// The content of the chapter's page.
    pub fn page(&self) -> String {
        let page = fs::read_to_string(self.build().unwrap().join("chapter.html")).unwrap();
        let (head, main) = page.split_once("<main>").unwrap();
        let title = head.split_once("<title>").map_or("", |(_, rest)| rest);
        let title = title.split_once("</title>").map_or("", |(title, _)| title);
        format!("<title>{title}</title>{}", main.split_once("</main>").unwrap().0)
    }

    /// The visible text of the page.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for part in self.page().split('<') {
            text.push_str(part.split_once('>').map_or(part, |(_, text)| text));
        }
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
    }

    /// The error that prevents the build of the book.
    pub fn error(&self) -> String {
        self.build().expect_err("the book should not build")
    }
}
