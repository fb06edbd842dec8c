//! The preprocessor, for mdBook and for programs that build the book in process.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::errors::Result;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use crate::error::{Error, Errors};
use crate::page;
use crate::schedule;
use crate::used::Used;
use crate::workspace::Workspace;

/// Expands the directives of a book whose sources are in `book/src` of a workspace.
#[derive(Debug, Clone)]
pub struct Steps {
    workspace: Workspace,
}

impl Steps {
    /// A preprocessor for the workspace in this folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { workspace: Workspace::new(root.into()) }
    }

    /// Expands the directives of a chapter, and lists the sources that the chapter shows.
    ///
    /// The chapter's path starts at the book's sources, as in `SUMMARY.md`.
    pub fn expand(
        &self,
        text: &str,
        chapter: &Path,
    ) -> std::result::Result<(String, Used), Errors> {
        let parts: Vec<_> = chapter.iter().map(|part| part.to_string_lossy()).collect();
        page::expand(text, &parts.join("/"), &self.workspace)
    }
}

impl Preprocessor for Steps {
    fn name(&self) -> &'static str {
        "steps"
    }

    fn run(&self, _: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let mut errors = Vec::new();
        book.for_each_mut(|item| {
            let BookItem::Chapter(chapter) = item else { return };
            // A draft has no file.
            let Some(path) = &chapter.source_path else { return };
            match self.expand(&chapter.content, path) {
                Ok((text, _)) => chapter.content = text,
                Err(Errors(more)) => errors.extend(more),
            }
        });
        // Every page with a number of minutes reports the same error in the schedule.
        let mut seen = HashSet::new();
        errors.retain(|Error { message, .. }| {
            !message.starts_with(schedule::PATH) || seen.insert(message.clone())
        });
        if errors.is_empty() { Ok(book) } else { Err(Errors(errors).into()) }
    }
}
