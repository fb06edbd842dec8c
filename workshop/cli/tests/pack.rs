//! `cargo workshop pack`, as a class meets it: a machine that has Rust, and neither a network nor
//! a single crate.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::{Workshop, repository};
use workshop::site::files_in;

/// In the repository's own target, so that a second run need not build everything again.
fn place(name: &str) -> PathBuf {
    repository().canonicalize().unwrap().join("target/offline").join(name)
}

fn workshop() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workshop"));
    command.env_remove("RUSTFLAGS");
    command
}

fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{stdout}\n{stderr}");
    format!("{stdout}{stderr}")
}

/// As on a machine where nobody has ever used cargo, and whose network is cut.
fn on_an_island<'a>(command: &'a mut Command, home: &Path) -> &'a mut Command {
    let nowhere = "http://127.0.0.1:1";
    command
        .env("CARGO_HOME", home)
        .env("CARGO_NET_OFFLINE", "true")
        .env("CARGO_TARGET_DIR", place("target"))
        .envs([("http_proxy", nowhere), ("https_proxy", nowhere), ("all_proxy", nowhere)])
        .env("no_proxy", "")
}

#[test]
fn a_class_without_a_network_has_all_it_needs() {
    let stick = place("stick");
    let said = run(workshop().arg("pack").arg(&stick).arg("--root").arg(repository()));
    assert!(said.contains("What to do with it is in its READ-ME-FIRST.txt."), "{said}");
    for file in ["READ-ME-FIRST.txt", "html-book/index.html", "Cargo.lock", ".env.example"] {
        assert!(stick.join(file).is_file(), "{file}");
    }
    for file in [".env", ".git", "target"] {
        assert!(!stick.join(file).exists(), "{file}");
    }
    let read_me = fs::read_to_string(stick.join("READ-ME-FIRST.txt")).unwrap();
    assert!(read_me.contains("You need Rust 1."), "{read_me}");
    assert_says_nothing_of_this_machine(&stick);

    // All that any command may ask for, and then what the class does.
    let home = tempfile::tempdir().unwrap();
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["fetch", "--locked"]).current_dir(&stick);
    run(on_an_island(&mut cargo, home.path()));
    let mut rehearse = workshop();
    let said = run(on_an_island(rehearse.arg("rehearse").arg("--root").arg(&stick), home.path()));
    assert!(said.contains("All 7 programs work without a network"), "{said}");
    for step in ["step-01 ", "step-02 ", "step-03 ", "step-04 ", "step-05 "] {
        assert!(said.contains(&format!("✓ {step}")), "{said}");
    }
    assert!(!home.path().join("registry/cache").exists(), "nothing was fetched");

    // Whoever has crates.io by way of a mirror packs the same. Here the first stick is the mirror.
    let vendor = stick.join("vendor");
    let config = format!(
        "[source.crates-io]\nreplace-with = \"mirror\"\n[source.mirror]\ndirectory = {vendor:?}\n"
    );
    fs::write(home.path().join("config.toml"), config).unwrap();
    let other = tempfile::tempdir_in(place("")).unwrap();
    let mut pack = workshop();
    pack.arg("pack").arg(other.path()).arg("--root").arg(repository());
    run(on_an_island(&mut pack, home.path()));
    assert_says_nothing_of_this_machine(other.path());
    let crates = |stick: &Path| fs::read_dir(stick.join("vendor")).unwrap().count();
    assert_eq!(crates(other.path()), crates(&stick));
    for file in files_in(other.path()).unwrap() {
        let same =
            || fs::read(stick.join(&file)).unwrap() == fs::read(other.path().join(&file)).unwrap();
        // Of a mirror like this one, cargo leaves out files of a crate that nobody needs.
        let may_differ = file.starts_with("vendor") || file.starts_with(".cargo-workshop-pack");
        assert!(may_differ || same(), "{}", file.display());
    }

    // A stick is handed on as it is.
    let again =
        workshop().arg("pack").arg(place("new")).arg("--root").arg(&stick).output().unwrap();
    assert_eq!(again.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&again.stderr);
    assert!(stderr.contains("This is a packed workshop already."), "{stderr}");
    assert!(!place("new").exists());
}

/// Neither its paths nor the host that its cargo fetches from. The crates are as their authors
/// published them, which their checksums show.
fn assert_says_nothing_of_this_machine(stick: &Path) {
    let config = fs::read_to_string(stick.join(".cargo/config.toml")).unwrap();
    assert!(config.contains("directory = \"vendor\""), "{config}");
    assert!(!config.contains("://"), "{config}");
    let lock = fs::read_to_string(stick.join("Cargo.lock")).unwrap();
    let known = "registry+https://github.com/rust-lang/crates.io-index";
    assert!(!lock.replace(known, "").contains("://"), "another source");
    let home = std::env::var("HOME").unwrap_or_default();
    let here = repository().canonicalize().unwrap();
    let paths = [home + "/", here.to_str().unwrap().to_owned()];
    for file in files_in(stick).unwrap() {
        // What was made here: cargo's own notes beside each crate, and all that is no crate.
        let ours = !file.starts_with("vendor") && !file.starts_with("target");
        if ours || file.ends_with(".cargo-checksum.json") {
            let bytes = fs::read(stick.join(&file)).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            let name = file.display();
            assert!(paths.iter().all(|path| path == "/" || !text.contains(path)), "{name}");
            assert!(ours || !text.contains("://"), "{name}");
        }
    }
}

#[test]
fn it_refuses_a_folder_of_somebody_elses() {
    let workshop = Workshop::new();
    workshop.write("mine/thesis.txt", "years of work");
    let dir = workshop.path("mine");
    let finished = workshop.program(&["pack", dir.to_str().unwrap()]).run().unwrap();
    assert_eq!(finished.status.code(), Some(1));
    let why = "holds files that cargo workshop pack did not make. Nothing was written";
    assert!(finished.stderr.contains(why), "{}", finished.stderr);
    assert_eq!(fs::read_dir(dir).unwrap().count(), 1);
}

#[test]
fn without_git_it_leaves_out_what_is_secret_or_built() {
    let workshop = Workshop::new();
    workshop.write(".cargo/config.toml", "[alias]\n");
    workshop.write(".env", "APPLICATIONINSIGHTS_CONNECTION_STRING=secret");
    workshop.write("target/debug/step-01", "built");
    workshop.write("steps/01-plain-app/target/x", "built");
    workshop.write("book/pages/a.snap.new", "waits");
    workshop.write(
        "Cargo.toml",
        "[workspace]\nmembers = []\n[workspace.package]\nrust-version = \"1.95\"\n",
    );
    let dir = workshop.path("stick");
    for _ in 0..2 {
        // The second time it lies within the workshop, and must not be packed into itself.
        let finished = workshop.program(&["pack", dir.to_str().unwrap()]).run().unwrap();
        assert!(finished.status.success(), "{}", finished.stderr);
    }
    for file in ["READ-ME-FIRST.txt", "Cargo.toml", "book/src/hello.md", "html-book/index.html"] {
        assert!(dir.join(file).is_file(), "{file}");
    }
    for file in [".env", "target", "steps/01-plain-app/target", "book/pages", "stick"] {
        assert!(!dir.join(file).exists(), "{file}");
    }
}

#[test]
fn crates_from_elsewhere_are_refused() {
    let workshop = Workshop::new();
    let source = "git+https://example.com/x.git#0123";
    workshop.write("Cargo.lock", &format!("version = 4\n[[package]]\nsource = \"{source}\"\n"));
    let dir = workshop.path("stick");
    fs::create_dir(workshop.path("target")).unwrap();
    let pack = workshop.program(&["pack", dir.to_str().unwrap()]);
    let finished = pack.run().unwrap();
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.contains("only crates.io can be packed"), "{}", finished.stderr);
    assert!(!dir.exists());
}
