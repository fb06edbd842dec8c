//! The preprocessor, for mdBook and for programs that build the book themselves.

use std::fs;
use std::path::{Path, PathBuf};

use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::errors::Result;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use crate::error::Errors;
use crate::expand;
use crate::used::Used;
use crate::workspace::Workspace;

/// Where a book's chapters are, from the workspace's root, unless mdBook says otherwise.
const BOOK: &str = "book/src";

/// Fills a book with what the steps are, print and measure.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use mdbook_steps::Steps;
///
/// let steps = Steps::new(".");
/// let chapter = std::fs::read_to_string("book/src/02-console-metrics.md")?;
/// let (_markdown, used) = steps.expand(&chapter, "02-console-metrics.md".as_ref())?;
/// println!("it shows {:?}", used.outputs);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Steps {
    workspace: Workspace,
}

impl Steps {
    /// A preprocessor for the workspace whose `Cargo.toml` is in this folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { workspace: Workspace::new(root.into()) }
    }

    /// Finds the workspace that a folder is in, by the `Cargo.toml` with a `[workspace]`.
    ///
    /// # Errors
    ///
    /// When neither the folder nor any above it has one.
    pub fn find(within: &Path) -> std::io::Result<Self> {
        let start = std::path::absolute(within)?;
        for folder in start.ancestors() {
            let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
            if manifest.lines().any(|line| line.trim() == "[workspace]") {
                return Ok(Self::new(folder));
            }
        }
        Err(std::io::Error::new(
            std::io::ErrorKind::NotFound,
            format!("no Cargo.toml with a [workspace] in {} or above it", start.display()),
        ))
    }

    /// A folder of the book as a path from the workspace's root.
    fn path_of(&self, folder: &Path) -> Result<String> {
        // Either may have been given with `..` or by way of a link.
        let folder = fs::canonicalize(folder)?;
        let root = fs::canonicalize(self.workspace.root())?;
        match folder.strip_prefix(&root) {
            Ok(path) => Ok(slashes(path)),
            Err(_) => anyhow::bail!("{} is not in {}", folder.display(), root.display()),
        }
    }

    /// Expands the directives of a chapter, and tells what it shows.
    ///
    /// The chapter's path is from the book's sources, `book/src`, as in `SUMMARY.md`.
    ///
    /// # Errors
    ///
    /// All that is wrong with the chapter, with lines.
    pub fn expand(
        &self,
        text: &str,
        chapter: &Path,
    ) -> std::result::Result<(String, Used), Errors> {
        expand::chapter(text, &slashes(chapter), BOOK, &self.workspace)
    }
}

impl Preprocessor for Steps {
    fn name(&self) -> &'static str {
        "steps"
    }

    fn run(&self, context: &PreprocessorContext, mut book: Book) -> Result<Book> {
        check_order(context)?;
        let source = self.path_of(&context.root.join(&context.config.book.src))?;
        // One mistake must not hide the next: all chapters are read before any is reported.
        let mut errors = Vec::new();
        book.for_each_mut(|item| {
            // A draft has no file, and nothing to expand.
            let BookItem::Chapter(chapter) = item else { return };
            let Some(path) = chapter.source_path.as_deref() else { return };
            match expand::chapter(&chapter.content, &slashes(path), &source, &self.workspace) {
                Ok((text, _)) => chapter.content = text,
                Err(Errors(more)) => errors.extend(more),
            }
        });
        if errors.is_empty() { Ok(book) } else { Err(Errors(errors).into()) }
    }
}

/// mdBook's own `links` would otherwise come first, and take the backslash off what is escaped.
fn check_order(context: &PreprocessorContext) -> Result<()> {
    let config = &context.config;
    let links = config.build.use_default_preprocessors || config.contains_key("preprocessor.links");
    let before: Option<Vec<String>> = config.get("preprocessor.steps.before")?;
    let first = before.is_some_and(|before| before.iter().any(|name| name == "links"));
    if links && !first {
        anyhow::bail!(
            "book.toml has to say that the steps come first: before = [\"links\"] in \
             [preprocessor.steps]"
        );
    }
    Ok(())
}

fn slashes(path: &Path) -> String {
    let parts = path.iter().map(|part| part.to_string_lossy().into_owned());
    parts.collect::<Vec<_>>().join("/")
}
