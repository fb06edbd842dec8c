//! Target folders for builds that a test makes.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A target folder below `target` that starts with the crates that are already built in `target`,
/// so a build in it compiles only what differs. A later call returns the same folder.
///
/// The programs of the two folders have the same names, so a build in `target` itself would
/// replace the ones under test.
pub fn target_beside(target: &Path, name: &str) -> io::Result<PathBuf> {
    let own = target.join(name);
    if !own.exists() {
        // The folder gets its final name when it is complete: a test can be interrupted here.
        let partial = target.join(format!("{name}.partial"));
        if partial.exists() {
            fs::remove_dir_all(&partial)?;
        }
        for folder in ["build", "deps"] {
            let from = target.join("debug").join(folder);
            copy(&from, &partial.join("debug").join(folder), |from, to| fs::hard_link(from, to))?;
        }
        // Cargo writes into these files, so they are copied and not linked.
        let to = partial.join("debug/.fingerprint");
        copy(&target.join("debug/.fingerprint"), &to, |from, to| fs::copy(from, to).map(drop))?;
        fs::rename(&partial, &own)?;
    }
    Ok(own)
}

fn copy(from: &Path, to: &Path, file: fn(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let Ok(entries) = fs::read_dir(from) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to, file)?;
        } else if let Err(error) = file(&entry.path(), &to)
            // A build that runs at the same time can delete a file.
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
    }
    Ok(())
}
