//! The folder `mine/`, without building it.

use std::{fs, path::Path};

use toml::Table;

use crate::copy::root;

fn read(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names in the root that begin with `mine`.
fn folders(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.starts_with("mine")).collect();
    names.sort();
    names
}

#[test]
fn start_gives_the_step_before() {
    for (step, before) in [(1, "01"), (2, "01"), (3, "02"), (4, "03"), (5, "04")] {
        let root = root();
        let text = learn::start(root.path(), step).unwrap();
        assert!(text.contains(&format!("has the code of step {before}.")), "{text}");
        let main = read(root.path(), "mine/src/main.rs");
        assert!(main.starts_with(&format!("//! Step {before}")), "{main}");
        assert!(main.contains("use naughty_or_nice::"), "{main}");
        assert!(!main.contains("step_0") && !main.contains("-p step-0"), "{main}");
    }
}

#[test]
fn start_rejects_steps_that_do_not_exist() {
    let root = root();
    for step in [0, 8, 255] {
        let error = learn::start(root.path(), step).unwrap_err().to_string();
        assert_eq!(error, format!("There is no step {step}: the steps are 1 to 7"));
    }
    assert!(folders(root.path()).is_empty());
}

#[test]
fn mine_is_a_workspace_of_its_own() {
    let root = root();
    learn::start(root.path(), 2).unwrap();
    assert_eq!(read(root.path(), "mine/Cargo.lock"), read(root.path(), "Cargo.lock"));
    let manifest: Table = toml::from_str(&read(root.path(), "mine/Cargo.toml")).unwrap();
    let workshop: Table = toml::from_str(&read(root.path(), "Cargo.toml")).unwrap();
    assert_eq!(manifest["package"]["name"].as_str(), Some("mine"));
    // The workshop has a program `mine` in the same target folder.
    assert_eq!(manifest["bin"][0]["name"].as_str(), Some("naughty-or-nice"));
    assert!(manifest.contains_key("workspace"));
    // Otherwise, cargo would build all crates again.
    assert_eq!(manifest["profile"], workshop["profile"]);
    let config: Table = toml::from_str(&read(root.path(), "mine/.cargo/config.toml")).unwrap();
    assert_eq!(config["build"]["target-dir"].as_str(), Some("../target"));
}

#[test]
fn manifest_keeps_the_crates_of_later_steps() {
    let root = root();
    for (step, own) in [(1, "01-plain-app"), (5, "04-azure-export")] {
        learn::start(root.path(), step).unwrap();
        let manifest: Table = toml::from_str(&read(root.path(), "mine/Cargo.toml")).unwrap();
        let later = manifest["target"]["cfg(any())"]["dependencies"].as_table().unwrap();
        let step: Table =
            toml::from_str(&read(root.path(), &format!("steps/{own}/Cargo.toml"))).unwrap();
        assert_eq!(manifest["dependencies"], step["dependencies"]);
        let own = step["dependencies"].as_table().unwrap();
        for name in ["opentelemetry-otlp", "opentelemetry-stdout", "ureq"] {
            assert!(later.contains_key(name) || own.contains_key(name), "{name}");
        }
        // The features of all steps that use the crate.
        if !own.contains_key("opentelemetry_sdk") {
            let features = later["opentelemetry_sdk"]["features"].as_array().unwrap();
            assert_eq!(features.len(), 4, "{features:?}");
        }
    }
}

#[test]
fn existing_work_is_never_overwritten() {
    let root = root();
    learn::start(root.path(), 2).unwrap();
    let makers: [fn(&Path) -> anyhow::Result<String>; 5] = [
        |root| learn::start(root, 3),
        |root| learn::lab(root, "no-shutdown"),
        |root| learn::mystery(root),
        |root| learn::begin(root, "1"),
        |root| learn::solve(root, "1"),
    ];
    for (index, make) in makers.into_iter().enumerate() {
        fs::write(root.path().join("mine/src/app.rs"), "my work").unwrap();
        let text = make(root.path()).unwrap();
        let old = format!("mine.old-{}", index + 1);
        assert!(text.contains(&old), "{text}");
        assert_eq!(read(root.path(), &format!("{old}/src/app.rs")), "my work");
    }
}

#[test]
fn each_old_app_has_a_number() {
    let root = root();
    learn::start(root.path(), 2).unwrap();
    fs::write(root.path().join("mine/src/app.rs"), "my first").unwrap();
    let text = learn::start(root.path(), 3).unwrap();
    assert!(text.contains("To bring it back: rm -r mine; cp -r mine.old-1 mine\n"), "{text}");
    fs::write(root.path().join("mine/src/app.rs"), "my second").unwrap();
    learn::lab(root.path(), "no-shutdown").unwrap();
    assert_eq!(folders(root.path()), ["mine", "mine.old-1", "mine.old-2"]);
    assert_eq!(read(root.path(), "mine.old-1/src/app.rs"), "my first");
    assert_eq!(read(root.path(), "mine.old-2/src/app.rs"), "my second");

    // A number is not used again, so a higher number always means a newer app.
    fs::remove_dir_all(root.path().join("mine.old-1")).unwrap();
    learn::start(root.path(), 3).unwrap();
    assert_eq!(folders(root.path()), ["mine", "mine.old-2", "mine.old-3"]);
}

#[test]
fn any_file_or_folder_named_mine_is_kept() {
    let root = root();
    fs::write(root.path().join("mine"), "a file").unwrap();
    learn::start(root.path(), 2).unwrap();
    assert_eq!(read(root.path(), "mine.old-1"), "a file");

    // A partial app, as an interrupted copy leaves it.
    fs::remove_file(root.path().join("mine/Cargo.toml")).unwrap();
    learn::start(root.path(), 2).unwrap();
    assert!(read(root.path(), "mine/Cargo.toml").contains("naughty-or-nice"));
}

#[test]
fn failure_leaves_everything_as_it_was() {
    let root = root();
    learn::start(root.path(), 2).unwrap();
    fs::remove_file(root.path().join("Cargo.lock")).unwrap();
    let error = format!("{:#}", learn::start(root.path(), 3).unwrap_err());
    assert!(error.contains("Cargo.lock cannot be read"), "{error}");
    assert_eq!(folders(root.path()), ["mine"]);
    assert!(read(root.path(), "mine/src/main.rs").starts_with("//! Step 01"));
}

#[test]
fn a_patch_that_does_not_fit_its_step_is_named() {
    let root = root();
    fs::write(root.path().join("steps/02-console-metrics/src/main.rs"), "fn main() {}\n").unwrap();
    let error = format!("{:#}", learn::lab(root.path(), "no-shutdown").unwrap_err());
    assert!(error.starts_with("labs/no-shutdown: src/main.rs has changed"), "{error}");
    assert!(folders(root.path()).is_empty());
}

#[test]
fn unknown_names_are_rejected_with_the_command_that_lists_them() {
    let root = root();
    for name in ["", "..", "nope", "no-shutdown/..", "99"] {
        let error = learn::lab(root.path(), name).unwrap_err().to_string();
        assert!(error.ends_with("cargo workshop lab lists them"), "{error}");
        let error = learn::begin(root.path(), name).unwrap_err().to_string();
        assert!(error.ends_with("cargo workshop exercise lists them"), "{error}");
    }
    assert!(folders(root.path()).is_empty());
}

#[test]
fn mystery_is_revealed_on_demand() {
    let root = root();
    let error = learn::reveal(root.path()).unwrap_err().to_string();
    assert_eq!(error, "There is no mystery in mine/: cargo workshop mystery puts one there");

    let text = learn::mystery(root.path()).unwrap();
    let labs = learn::labs(root.path()).unwrap();
    for lab in &labs {
        assert!(!text.contains(&lab.title) && !text.contains(&lab.symptom), "{text}");
    }
    let revealed = learn::reveal(root.path()).unwrap();
    let lab = labs.iter().find(|lab| revealed.contains(&lab.fault)).unwrap();
    assert!(revealed.contains(&lab.symptom) && revealed.contains(&lab.cure), "{revealed}");

    // A lab that was requested by name is not a mystery.
    learn::lab(root.path(), &lab.name).unwrap();
    assert!(learn::reveal(root.path()).is_err());
}
