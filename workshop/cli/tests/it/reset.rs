//! `cargo workshop reset`, with and without git.

use std::process::Command;

use harness::Finished;

use crate::workshop::Workshop;

const APP: &str = "steps/01-plain-app/src/app.rs";

fn git(workshop: &Workshop, args: &[&str]) {
    let mut git = Command::new("git");
    git.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_INDEX_FILE");
    let names = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
    let done = git.args(names).args(args).current_dir(workshop.path("")).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn reset(workshop: &Workshop, step: &str) -> Finished {
    workshop.program(&["reset", step]).run().unwrap()
}

/// A workshop with an original of its steps.
fn with_git() -> Workshop {
    let workshop = Workshop::new();
    git(&workshop, &["init", "--quiet"]);
    git(&workshop, &["add", "."]);
    git(&workshop, &["commit", "--quiet", "--message", "first"]);
    workshop
}

fn without_git() -> Workshop {
    let workshop = Workshop::new();
    for file in [APP, "steps/01-plain-app/Cargo.toml"] {
        workshop.write(&format!(".originals/{file}"), &workshop.read(file));
    }
    workshop
}

#[test]
fn a_broken_step_is_replaced_and_kept() {
    for workshop in [with_git(), without_git()] {
        let original = workshop.read(APP);
        let same = reset(&workshop, "1");
        assert_eq!(same.stdout, "steps/01-plain-app is the original already.\n", "{}", same.stderr);
        for round in 1..3 {
            let broken = format!("fn app( {{ // {round}");
            workshop.write(APP, &broken);
            workshop.write("steps/01-plain-app/src/mine.rs", "// A file of the learner.");
            // Cargo would not start.
            workshop.write("steps/01-plain-app/Cargo.toml", "[package");
            let finished = reset(&workshop, "1");
            assert_eq!(
                finished.stdout,
                format!(
                    "steps/01-plain-app is the original again. Your version is in \
                     steps.old-{round}/01-plain-app.\n"
                ),
                "{}",
                finished.stderr
            );
            assert_eq!(workshop.read(APP), original);
            assert!(!workshop.path("steps/01-plain-app/src/mine.rs").exists());
            let kept = format!("steps.old-{round}/01-plain-app/src");
            assert_eq!(workshop.read(&format!("{kept}/app.rs")), broken);
            assert!(workshop.path(&format!("{kept}/mine.rs")).exists());
        }
        let left: Vec<_> = std::fs::read_dir(workshop.path("")).unwrap().flatten().collect();
        let left = left.iter().map(|entry| entry.file_name().into_string().unwrap());
        assert!(!left.into_iter().any(|name| name.starts_with("steps.new")), "no folder is left");
    }
}

#[test]
fn a_deleted_step_comes_back() {
    let workshop = with_git();
    std::fs::remove_dir_all(workshop.path("steps/01-plain-app")).unwrap();
    let finished = reset(&workshop, "1");
    assert_eq!(
        finished.stdout, "steps/01-plain-app is the original again.\n",
        "{}",
        finished.stderr
    );
    assert!(workshop.path(APP).is_file());
}

#[test]
fn without_an_original_nothing_changes() {
    let workshop = Workshop::new();
    workshop.write(APP, "broken");
    let finished = reset(&workshop, "1");
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.starts_with("There is no original: "), "{}", finished.stderr);
    assert_eq!(workshop.read(APP), "broken");
    let finished = reset(&with_git(), "9");
    assert_eq!(finished.stderr, "There is no step 9: the steps are 01\n");
}
