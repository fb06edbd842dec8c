//! Builds the book, strictly.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use mdbook_driver::MDBook;
use mdbook_driver::config::Config;
use mdbook_steps::Steps;

use crate::complaints::heard;
use crate::workspace::Workspace;

/// Builds the book into `into`, an absolute path of a folder whose content may be deleted.
///
/// # Errors
/// Everything that is wrong with the book, what mdBook would merely log included.
pub fn build(workspace: &Workspace, into: &Path) -> Result<()> {
    let (built, complaints) = heard(|| catch_unwind(AssertUnwindSafe(|| render(workspace, into))));
    // Its message is on stderr already.
    let built = built.unwrap_or_else(|_| Err(anyhow!("the program that builds it has a bug")));
    let error = built.err().map(|error| format!("{error:#}"));
    let problems: Vec<_> = complaints.into_iter().chain(error).collect();
    match problems.as_slice() {
        [] => Ok(()),
        [problem] => Err(anyhow!("The book cannot be built: {problem}")),
        problems => Err(anyhow!("The book cannot be built:\n  {}", problems.join("\n  "))),
    }
}

fn render(workspace: &Workspace, into: &Path) -> Result<()> {
    let toml = workspace.book().join("book.toml");
    let mut config =
        Config::from_disk(&toml).with_context(|| format!("Cannot read {}", toml.display()))?;
    into.clone_into(&mut config.build.build_dir);
    // A page that is missing is a mistake, and a source is not ours to write.
    config.build.create_missing = false;
    // Pages with a playground ask play.rust-lang.org when they are opened.
    config.set("output.html.playground.runnable", false)?;
    // mdBook's page for what is not found has absolute links; the server has a page of its own.
    config.set("output.html.input-404", "")?;
    let mut book = MDBook::load_with_config(workspace.book(), config)?;
    // Takes the place of the command of the same name in book.toml, which would run a second cargo.
    book.with_preprocessor(Steps::new(workspace.root()));
    book.build()
}
