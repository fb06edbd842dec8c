//! Notices when a source of the book changes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use crate::workspace::Workspace;

/// Folders that the book is made from.
const FOLDERS: [&str; 4] = ["azure", "book", "steps", "workshop/cli/snapshots"];
/// Files beside them that the book is made from.
const FILES: [&str; 6] = [
    ".env.example",
    ".envrc",
    "Cargo.lock",
    "Cargo.toml",
    "docker-compose.yml",
    "otel-collector-config.yml",
];
/// An editor that saves a file writes, renames and deletes; a switch of branches writes hundreds
/// of files. When nothing has happened for so long, it is done.
const QUIET: Duration = Duration::from_millis(200);

/// The changes of the sources, from its making on.
#[derive(Debug)]
pub struct Changes {
    root: PathBuf,
    watcher: RecommendedWatcher,
    events: UnboundedReceiver<notify::Result<Event>>,
}

impl Changes {
    /// Starts to watch.
    ///
    /// # Errors
    /// When the system has no more watches to give.
    pub fn of(workspace: &Workspace) -> Result<Self> {
        // What the system reports has its links resolved.
        let root = workspace.root().canonicalize().context("Cannot find the workshop's folder")?;
        let (sender, events) = unbounded_channel();
        let mut watcher = notify::recommended_watcher(move |event| {
            // Nobody listens any more when the program ends.
            let _ = sender.send(event);
        })?;
        // A file is watched through its folder: editors put a new one in its place.
        watcher.watch(&root, RecursiveMode::NonRecursive)?;
        for folder in FOLDERS.map(|folder| root.join(folder)) {
            if folder.is_dir() {
                watcher.watch(&folder, RecursiveMode::Recursive)?;
            }
        }
        Ok(Self { root, watcher, events })
    }

    /// Waits for changes, then for them to be over, and returns what has changed, relative to the
    /// workshop's folder. `None` when no more will come.
    pub async fn next(&mut self) -> Option<BTreeSet<PathBuf>> {
        let mut changed = BTreeSet::new();
        while changed.is_empty() {
            let event = self.events.recv().await?;
            self.note(event, &mut changed);
        }
        while let Ok(Some(event)) = timeout(QUIET, self.events.recv()).await {
            self.note(event, &mut changed);
        }
        Some(changed)
    }

    fn note(&mut self, event: notify::Result<Event>, changed: &mut BTreeSet<PathBuf>) {
        let Ok(event) = event else { return };
        if event.need_rescan() {
            // The system has lost count, so that anything may have changed.
            changed.insert(PathBuf::from("book"));
        }
        // Building the book reads every source; that must not build it again.
        if matches!(event.kind, EventKind::Access(_)) {
            return;
        }
        for path in &event.paths {
            let Ok(path) = path.strip_prefix(&self.root) else { continue };
            if !is_source(path) {
                continue;
            }
            if FOLDERS.iter().any(|folder| path == Path::new(folder))
                && self.root.join(path).is_dir()
            {
                // Made anew, perhaps by git: nobody watches it yet. At worst it stays that way.
                let _ = self.watcher.watch(&self.root.join(path), RecursiveMode::Recursive);
            }
            changed.insert(path.to_owned());
        }
    }
}

/// Whether the book is made from the file at `path`, relative to the workshop's folder.
fn is_source(path: &Path) -> bool {
    if FILES.iter().any(|file| path == Path::new(file)) {
        return true;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // An editor's own files while it edits another: `.index.md.swp`, `index.md~`, vim's `4913`.
    let passing = name.starts_with('.') || name.ends_with('~') || name == "4913";
    !passing && FOLDERS.iter().any(|folder| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_book_is_made_from_counts() {
        for source in ["book/src/index.md", "steps/01-plain-app/src/app.rs", ".envrc", "azure"] {
            assert!(is_source(Path::new(source)), "{source}");
        }
        for other in
            ["target", ".env", "steps.md", "book/src/.index.md.swp", "book/src/index.md~", ""]
        {
            assert!(!is_source(Path::new(other)), "{other}");
        }
    }
}
