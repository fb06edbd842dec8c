//! Watches the sources of the book.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use mdbook_driver::config::Config;
use notify_debouncer_full::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::workspace::Workspace;

/// An editor writes, renames and deletes to save a file, and git writes hundreds of files. Changes
/// are complete after this time without another change.
const QUIET: Duration = Duration::from_millis(200);

/// The changes of the sources since [`Changes::of`].
#[derive(Debug)]
pub struct Changes {
    root: PathBuf,
    /// Files and folders, relative to the root.
    sources: Vec<PathBuf>,
    watcher: Debouncer<RecommendedWatcher, RecommendedCache>,
    events: UnboundedReceiver<DebounceEventResult>,
}

impl Changes {
    /// Starts to watch.
    pub fn of(workspace: &Workspace) -> Result<Self> {
        // Events have paths without symbolic links.
        let root = workspace.root().canonicalize().context("Cannot find the workshop's folder")?;
        let sources = sources(workspace)?;
        let (sender, events) = unbounded_channel();
        let mut watcher = new_debouncer(QUIET, None, move |event| {
            // An error means that the program ends.
            let _ = sender.send(event);
        })?;
        // A file is watched through its folder, because editors replace the file.
        watcher.watch(&root, RecursiveMode::NonRecursive)?;
        for folder in sources.iter().map(|source| root.join(source)) {
            if folder.is_dir() {
                watcher.watch(&folder, RecursiveMode::Recursive)?;
            }
        }
        Ok(Self { root, sources, watcher, events })
    }

    /// Waits for changes, and returns the changed sources, relative to the workshop's folder.
    /// `None` when the watcher has ended.
    pub async fn next(&mut self) -> Option<BTreeSet<PathBuf>> {
        let mut changed = BTreeSet::new();
        while changed.is_empty() {
            let event = self.events.recv().await?;
            self.collect(event, &mut changed);
        }
        // Changes during the last build.
        while let Ok(event) = self.events.try_recv() {
            self.collect(event, &mut changed);
        }
        Some(changed)
    }

    fn collect(&mut self, events: DebounceEventResult, changed: &mut BTreeSet<PathBuf>) {
        for event in events.unwrap_or_default() {
            if event.need_rescan() {
                // The system lost events, so any source may have changed.
                changed.insert(PathBuf::from("book"));
            }
            // A build reads every source, which must not start the next build.
            if event.kind.is_access() {
                continue;
            }
            for path in &event.paths {
                let Ok(path) = path.strip_prefix(&self.root) else { continue };
                if is_source(path, &self.sources) {
                    changed.insert(path.to_owned());
                }
            }
        }
        for path in changed.iter() {
            self.watch_new_folder(path);
        }
    }

    /// Watches a folder that did not exist at the start, or that git replaced.
    fn watch_new_folder(&mut self, path: &Path) {
        let folder = self.root.join(path);
        if self.sources.iter().any(|source| source == path) && folder.is_dir() {
            // After an error, the book does not follow changes in this folder.
            let _ = self.watcher.watch(folder, RecursiveMode::Recursive);
        }
    }
}

/// The folder of the book, and the other sources, which book.toml also lists for `mdbook serve`.
fn sources(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let config = Config::from_disk(workspace.book().join("book.toml"))?;
    let elsewhere = config.build.extra_watch_dirs.iter();
    let elsewhere = elsewhere.filter_map(|path| path.strip_prefix("..").ok().map(PathBuf::from));
    Ok([PathBuf::from("book")].into_iter().chain(elsewhere).collect())
}

/// Whether `path` is one of `sources`, or in one of them.
fn is_source(path: &Path, sources: &[PathBuf]) -> bool {
    if sources.iter().any(|source| source == path) {
        return true;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Temporary files of editors: `.index.md.swp`, `index.md~`, and vim's `4913`.
    let temporary = name.starts_with('.') || name.ends_with('~') || name == "4913";
    !temporary && sources.iter().any(|source| path.starts_with(source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sources_of_the_book_count() {
        let sources = ["book", "steps", "azure", ".envrc"].map(PathBuf::from);
        for source in ["book/src/index.md", "steps/01-plain-app/src/app.rs", ".envrc", "azure"] {
            assert!(is_source(Path::new(source), &sources), "{source}");
        }
        for other in
            ["target", ".env", "steps.md", "book/src/.index.md.swp", "book/src/index.md~", ""]
        {
            assert!(!is_source(Path::new(other), &sources), "{other}");
        }
    }
}
