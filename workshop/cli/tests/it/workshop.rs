//! A workshop of one step and two pages, and the command that runs in it.

use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::{Finished, Program, Running, http};
use tempfile::TempDir;

/// This repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The command of the preprocessor does not exist: the program runs it in its own process.
const BOOK_TOML: &str = r#"
[book]
title = "A small workshop"

[build]
extra-watch-dirs = ["../steps", "../azure", "../Cargo.lock"]

[preprocessor.steps]
command = "there-is-no-such-program"
before = ["links"]
"#;

/// A workshop in a temporary folder.
pub struct Workshop {
    folder: TempDir,
}

impl Workshop {
    pub fn new() -> Self {
        let workshop = Self { folder: tempfile::tempdir().unwrap() };
        workshop.write("book/book.toml", BOOK_TOML);
        workshop
            .write("book/src/SUMMARY.md", "# Summary\n\n- [Hello](hello.md)\n- [Code](code.md)\n");
        workshop.write("book/src/hello.md", "# Hello\n\nGood morning, class.\n");
        workshop.write("book/src/code.md", "# Code\n\n{{#listing step-01/app.rs}}\n");
        workshop.write("steps/01-plain-app/src/app.rs", "//! The first app.\nfn app() {}\n");
        workshop.write(
            "steps/01-plain-app/Cargo.toml",
            "[package]\nname = \"step-01\"\nversion = \"0.1.0\"\n",
        );
        workshop.write("Cargo.lock", "version = 4\n");
        workshop.write("Cargo.toml", "[workspace.package]\nrust-version = \"1.95\"\n");
        workshop
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Replaces a file with a new one, as an editor does, so that no reader sees half of the file.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let new = self.path(".new");
        fs::write(&new, text).unwrap();
        fs::rename(new, path).unwrap();
    }

    /// Writes a program to `path`: a script for `sh`.
    pub fn script(&self, path: &str, what: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Another process writes the script. If this process had the file open for writing while
        // another test forks, the script could not be run (ETXTBSY).
        let write = r#"printf '#!/bin/sh\n%s\n' "$1" > "$2" && chmod +x "$2""#;
        let done = Command::new("sh").args(["-c", write, "sh", what]).arg(&path).status().unwrap();
        assert!(done.success());
        path
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// `cargo workshop` with `args`.
    pub fn program(&self, args: &[&str]) -> Program {
        let program = Program::new(env!("CARGO_BIN_EXE_workshop"));
        args.iter().fold(program, Program::arg).arg("--root").arg(self.folder.path())
    }

    /// `cargo workshop book` into `dir` of this workshop.
    pub fn book(&self, dir: &str) -> Finished {
        let dir = self.path(dir);
        self.program(&["book", dir.to_str().unwrap()]).run().unwrap()
    }

    /// Starts `cargo workshop` on a free port with `args`.
    pub fn open(&self, args: &[&str]) -> Classroom {
        let program = self.program(args).arg("--port").arg("0");
        Classroom { running: program.start_when("Ctrl-C").unwrap() }
    }

    /// Starts `cargo workshop` with the stand-ins, on free ports.
    pub fn open_all(&self) -> Classroom {
        let free = "127.0.0.1:0";
        self.open(&["--collector", free, "--health", free, "--app-insights", free])
    }
}

/// The running command.
pub struct Classroom {
    pub running: Running,
}

impl Classroom {
    /// The rest of the line on stderr that begins with `name`, up to a space.
    pub fn after(&self, name: &str) -> String {
        let stderr = self.running.stderr();
        let line = stderr.lines().find_map(|line| line.strip_prefix(name));
        let rest = line.unwrap_or_else(|| panic!("no {name:?} in {stderr}"));
        rest.split(' ').next().unwrap().to_owned()
    }

    pub fn book(&self) -> String {
        self.after("Book: ")
    }

    /// The address of the book's server.
    pub fn book_address(&self) -> SocketAddr {
        self.book().strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// The URL of the Collector stand-in's health check.
    pub fn health(&self) -> String {
        let stderr = self.running.stderr();
        stderr.split("health: ").nth(1).unwrap().split(')').next().unwrap().to_owned()
    }

    /// The body at `path` of the book's server.
    pub fn get(&self, path: &str) -> String {
        http::get(&format!("{}{path}", self.book())).unwrap().text()
    }

    /// Waits until `text` is on stderr.
    pub fn wait_for(&self, text: &str) -> String {
        self.running.wait_for_stderr(|stderr| stderr.contains(text)).unwrap()
    }
}

/// Prints that a test is skipped, with the reason. `eprintln!` is no alternative: its output is
/// shown only for tests that fail.
pub fn skip(why: &str) {
    let _ = writeln!(io::stderr(), "SKIPPED: {why}");
}
