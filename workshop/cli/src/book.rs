//! Builds the book. Every warning is an error.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use mdbook_driver::MDBook;
use mdbook_driver::config::Config;
use mdbook_steps::Steps;

use crate::server::Edition;
use crate::warnings::with_warnings;
use crate::workspace::Workspace;

/// Builds the book into `folder`, an absolute path. Files in `folder` may be deleted.
pub fn build(workspace: &Workspace, folder: &Path) -> Result<()> {
    strictly(|| render(config(workspace, folder)?, workspace))
}

/// Builds an edition for the server, with a script that reloads the page.
pub fn build_edition(workspace: &Workspace) -> Result<Edition> {
    let edition = Edition::new()?;
    strictly(|| {
        let mut config = config(workspace, edition.folder())?;
        config.set("output.html.live-reload-endpoint", edition.live_reload())?;
        render(config, workspace)
    })?;
    Ok(edition)
}

/// Runs `work`, and turns its warnings and a panic into an error.
fn strictly(work: impl FnOnce() -> Result<()>) -> Result<()> {
    let (built, mut problems) = with_warnings(|| catch_unwind(AssertUnwindSafe(work)));
    // The message of the panic is on stderr already.
    let built = built.unwrap_or_else(|_| Err(anyhow!("mdBook or a preprocessor panicked")));
    problems.extend(built.err().map(|error| format!("{error:#}")));
    match problems.as_slice() {
        [] => Ok(()),
        [problem] => Err(anyhow!("The book cannot be built: {problem}")),
        problems => Err(anyhow!("The book cannot be built:\n  {}", problems.join("\n  "))),
    }
}

fn config(workspace: &Workspace, folder: &Path) -> Result<Config> {
    let toml = workspace.book().join("book.toml");
    let mut config =
        Config::from_disk(&toml).with_context(|| format!("Cannot read {}", toml.display()))?;
    folder.clone_into(&mut config.build.build_dir);
    // A missing page is an error, and the sources are never written.
    config.build.create_missing = false;
    // A page with a playground would connect to play.rust-lang.org when it is opened.
    config.set("output.html.playground.runnable", false)?;
    // mdBook's page for 404 has absolute links, which do not work without a server.
    config.set("output.html.input-404", "")?;
    Ok(config)
}

fn render(config: Config, workspace: &Workspace) -> Result<()> {
    let mut book = MDBook::load_with_config(workspace.book(), config)?;
    // This preprocessor replaces the command in book.toml, which would run a second cargo.
    book.with_preprocessor(Steps::new(workspace.root()));
    book.build()
}
