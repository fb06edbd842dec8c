//! The folder `mine/`.

use std::{fs, io, path::Path, path::PathBuf};

use anyhow::{Context as _, Result};
use toml::Table;

use crate::{app::App, manifest};

/// The folder of the learner's own app, in the root of the repository.
pub const MINE: &str = "mine";

/// The program in it. The package is named like the folder, so that `cargo run -p mine` runs the
/// app in `mine/` as well.
pub const PROGRAM: &str = "naughty-or-nice";

/// The configuration for cargo and editors that are started in `mine/`.
const CONFIG: &str = "\
# What the workshop has compiled is used again.
[build]
target-dir = \"../target\"

# `cargo workshop` works in this folder, too.
[alias]
workshop = \"run --manifest-path ../Cargo.toml --package cli --\"
";

/// Whether there is a file or folder `mine`.
pub fn exists(root: &Path) -> bool {
    root.join(MINE).symlink_metadata().is_ok()
}

/// Writes an app to `mine/`. An old `mine/` is renamed, and the returned text states the new name.
/// Without an old `mine/`, the text is empty.
pub fn write(root: &Path, app: &App) -> Result<String> {
    let files = files(root, app)?;
    // Write to another folder first, so that an interrupted run leaves no partial app in mine/.
    let new = tempfile::Builder::new().prefix("mine.new-").tempdir_in(root);
    let new = new.with_context(|| format!("{} cannot be written to", root.display()))?;
    for (name, text) in &files {
        let path = new.path().join(name);
        fs::create_dir_all(path.parent().expect("the file is in the folder"))?;
        fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    let kept = keep_aside(root)?;
    let mine = root.join(MINE);
    if let Err(error) = fs::rename(new.path(), &mine) {
        if let Some(kept) = &kept {
            fs::rename(kept, &mine)?;
        }
        return Err(error).context("mine/ cannot be made");
    }
    make_readable(&mine)?;
    Ok(kept.map_or(String::new(), |kept| {
        let name = kept.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // The command copies the files: cargo compares times, and would not rebuild moved files.
        format!("The old mine/ is {name}/ now. To bring it back: rm -r mine; cp -r {name} mine\n")
    }))
}

/// Only its owner may read a temporary folder. This folder becomes an ordinary one.
#[cfg(unix)]
fn make_readable(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_readable(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The app's files under the name of the learner's package, with everything a workspace needs.
fn files(root: &Path, app: &App) -> Result<App> {
    let manifest = app.get("Cargo.toml").context("the app has no Cargo.toml")?;
    let table: Table = toml::from_str(manifest)?;
    let name = table["package"]["name"].as_str().context("the app has no name")?;
    let mut files = App::new();
    for (path, text) in app {
        let text = text.replace(&format!("-p {name}"), "-p mine");
        let text = text.replace(&name.replace('-', "_"), &PROGRAM.replace('-', "_"));
        files.insert(path.clone(), text);
    }
    files.insert("Cargo.toml".into(), manifest::of_mine(root, manifest)?);
    let lock = root.join("Cargo.lock");
    let lock =
        fs::read_to_string(&lock).with_context(|| format!("{} cannot be read", lock.display()))?;
    files.insert("Cargo.lock".into(), lock);
    files.insert(".cargo/config.toml".into(), CONFIG.into());
    Ok(files)
}

/// Renames `mine/`, if there is one, to `mine.old-N/` with the next number.
fn keep_aside(root: &Path) -> Result<Option<PathBuf>> {
    if !exists(root) {
        return Ok(None);
    }
    let mut last = 0;
    for entry in fs::read_dir(root)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix("mine.old-"));
        last = last.max(number.and_then(|number| number.parse::<u32>().ok()).unwrap_or(0));
    }
    let kept = root.join(format!("mine.old-{}", last + 1));
    fs::rename(root.join(MINE), &kept)
        .with_context(|| format!("mine/ cannot be renamed to {}", kept.display()))?;
    Ok(Some(kept))
}
