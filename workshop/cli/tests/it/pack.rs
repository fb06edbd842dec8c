//! `cargo workshop pack`, and its use on a machine with Rust, but without a network and crates.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::workshop::{Workshop, repository};
use cli::files::files_in;

/// A folder in the repository's target, so that the next run does not build everything again.
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

/// Sets up a command as on a machine without crates and without a network.
fn without_network<'a>(command: &'a mut Command, home: &Path) -> &'a mut Command {
    let nowhere = "http://127.0.0.1:1";
    command
        .env("CARGO_HOME", home)
        .env("CARGO_NET_OFFLINE", "true")
        .env("CARGO_TARGET_DIR", place("target"))
        .envs([("http_proxy", nowhere), ("https_proxy", nowhere), ("all_proxy", nowhere)])
        // Step 03 honors the proxy variables, so its exports to this machine need the exception.
        .env("no_proxy", "127.0.0.1,localhost")
}

#[test]
#[ignore = "builds the workspace again"]
fn a_packed_workshop_needs_no_network() {
    let (packed, stick) = (place("packed"), place("opentelemetry-workshop"));
    let said = run(workshop().arg("pack").arg(&packed).arg("--root").arg(repository()));
    assert!(said.contains("READ-ME-FIRST.txt has the next steps."), "{said}");
    unpack(&packed, &place(""));
    for file in ["READ-ME-FIRST.txt", "html-book/index.html", "Cargo.lock", ".env.example"] {
        assert!(stick.join(file).is_file(), "{file}");
    }
    for file in [".env", ".git", "target"] {
        assert!(!stick.join(file).exists(), "{file}");
    }
    let read_me = fs::read_to_string(stick.join("READ-ME-FIRST.txt")).unwrap();
    assert!(read_me.contains("You need Rust 1."), "{read_me}");
    assert_has_no_trace_of_this_machine(&stick);

    // The crates for every command, and then what the class does.
    let home = tempfile::tempdir().unwrap();
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["fetch", "--locked"]).current_dir(&stick);
    run(without_network(&mut cargo, home.path()));
    let mut rehearse = workshop();
    let said =
        run(without_network(rehearse.arg("rehearse").arg("--root").arg(&stick), home.path()));
    assert!(said.contains("All 9 programs work without a network"), "{said}");
    for step in (1..=7).map(|number| format!("step-0{number} ")) {
        assert!(said.contains(&format!("✓ {step}")), "{said}");
    }
    assert!(!home.path().join("registry/cache").exists(), "nothing was downloaded");

    // A mirror of crates.io results in the same pack. Here, the first stick is the mirror.
    let vendor = stick.join("vendor");
    let config = format!(
        "[source.crates-io]\nreplace-with = \"mirror\"\n[source.mirror]\ndirectory = {vendor:?}\n"
    );
    fs::write(home.path().join("config.toml"), config).unwrap();
    let other = tempfile::tempdir_in(place("")).unwrap();
    let mut pack = workshop();
    pack.arg("pack").arg(other.path()).arg("--root").arg(repository());
    run(without_network(&mut pack, home.path()));
    unpack(other.path(), other.path());
    let other = other.path().join("opentelemetry-workshop");
    assert_has_no_trace_of_this_machine(&other);
    let crates = |stick: &Path| fs::read_dir(stick.join("vendor")).unwrap().count();
    assert_eq!(crates(&other), crates(&stick));
    for file in files_in(&other).unwrap() {
        let same = || fs::read(stick.join(&file)).unwrap() == fs::read(other.join(&file)).unwrap();
        // When it copies from such a mirror, cargo omits some unused files of a crate.
        let may_differ = file.starts_with("vendor");
        assert!(may_differ || same(), "{}", file.display());
    }

    // A packed workshop cannot be packed again.
    let again =
        workshop().arg("pack").arg(place("new")).arg("--root").arg(&stick).output().unwrap();
    assert_eq!(again.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&again.stderr);
    assert!(stderr.contains("This is a packed workshop already."), "{stderr}");
    assert!(!place("new").exists());
}

/// Unpacks as READ-ME-FIRST.txt says. An older copy of the workshop is replaced.
fn unpack(packed: &Path, into: &Path) {
    let mut files: Vec<_> =
        fs::read_dir(packed).unwrap().map(|it| it.unwrap().file_name()).collect();
    files.sort();
    let expected = [".cargo-workshop-pack", "READ-ME-FIRST.txt", "opentelemetry-workshop.tar.gz"];
    assert!(expected.iter().all(|file| files.iter().any(|it| it == file)), "{files:?}");
    let old = into.join("opentelemetry-workshop");
    if old.exists() {
        fs::remove_dir_all(old).unwrap();
    }
    let archive = packed.join("opentelemetry-workshop.tar.gz");
    run(Command::new("tar").arg("-xzf").arg(archive).current_dir(into));
}

/// Checks for paths of this machine and for the host of its registry. The content of the crates
/// has their authors' checksums.
fn assert_has_no_trace_of_this_machine(stick: &Path) {
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
        // Made on this machine: cargo's checksums of each crate, and everything but the crates.
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
fn rejects_a_folder_with_other_files() {
    let workshop = Workshop::new();
    workshop.write("mine/thesis.txt", "years of work");
    let dir = workshop.path("mine");
    let finished = workshop.program(&["pack", dir.to_str().unwrap()]).run().unwrap();
    assert_eq!(finished.status.code(), Some(1));
    let error = "contains files that cargo workshop pack did not make. Nothing was written";
    assert!(finished.stderr.contains(error), "{}", finished.stderr);
    assert_eq!(fs::read_dir(dir).unwrap().count(), 1);
}

#[test]
fn without_git_secrets_and_builds_are_left_out() {
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
        // The second time, the workshop contains a pack, which must not be packed.
        let finished = workshop.program(&["pack", dir.to_str().unwrap()]).run().unwrap();
        assert!(finished.status.success(), "{}", finished.stderr);
    }
    unpack(&dir, &dir);
    let unpacked = dir.join("opentelemetry-workshop");
    for file in [
        "READ-ME-FIRST.txt",
        "Cargo.toml",
        "book/src/hello.md",
        "html-book/index.html",
        ".originals/steps/01-plain-app/src/app.rs",
    ] {
        assert!(unpacked.join(file).is_file(), "{file}");
    }
    for file in [".env", "target", "steps/01-plain-app/target", "book/pages", "stick"] {
        assert!(!unpacked.join(file).exists(), "{file}");
    }
    // The unpacked files equal the packed ones.
    let read = |folder: &Path| fs::read_to_string(folder.join("book/src/hello.md")).unwrap();
    assert_eq!(read(&unpacked), read(&workshop.path("")));
}

#[test]
fn rejects_crates_from_other_sources() {
    let workshop = Workshop::new();
    let source = "git+https://example.com/x.git#0123";
    workshop.write("Cargo.lock", &format!("version = 4\n[[package]]\nsource = \"{source}\"\n"));
    let dir = workshop.path("stick");
    fs::create_dir(workshop.path("target")).unwrap();
    let pack = workshop.program(&["pack", dir.to_str().unwrap()]);
    let finished = pack.run().unwrap();
    assert_eq!(finished.status.code(), Some(1));
    assert!(
        finished.stderr.contains("only crates from crates.io can be packed"),
        "{}",
        finished.stderr
    );
    assert!(!dir.exists());
}
