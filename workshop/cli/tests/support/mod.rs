//! A workshop of one step and two pages, and the command run in it.

// Every test file is a program of its own and uses a part of this.
#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::{Finished, Program, Running};
use tempfile::TempDir;

/// This repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Its command for the preprocessor cannot be run, and must not be needed.
const BOOK_TOML: &str = r#"
[book]
title = "A small workshop"

[preprocessor.steps]
command = "there-is-no-such-program"
before = ["links"]
"#;

/// A workshop in a temporary folder, small and free to be broken.
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

    /// Puts a whole file in the place of the old one, as an editor does: nobody sees half of it.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let new = self.path(".new");
        fs::write(&new, text).unwrap();
        fs::rename(new, path).unwrap();
    }

    /// Puts a program at `path` that does `what` in the words of `sh`.
    pub fn program_that(&self, path: &str, what: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // By another process: while a test starts a program, a file that another test has open for
        // writing cannot be run.
        let write = r#"printf '#!/bin/sh\n%s\n' "$1" > "$2" && chmod +x "$2""#;
        let done = Command::new("sh").args(["-c", write, "sh", what]).arg(&path).status().unwrap();
        assert!(done.success());
        path
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// `cargo workshop` with `args`, to be run as it is.
    pub fn program(&self, args: &[&str]) -> Program {
        let program = Program::new(env!("CARGO_BIN_EXE_workshop"));
        args.iter().fold(program, Program::arg).arg("--root").arg(self.folder.path())
    }

    /// `cargo workshop book` into `dir` of this workshop.
    pub fn book(&self, dir: &str) -> Finished {
        let dir = self.path(dir);
        self.program(&["book", dir.to_str().unwrap()]).run().unwrap()
    }

    /// `cargo workshop` on free ports with `args`, when it is ready.
    pub fn open(&self, args: &[&str]) -> Classroom {
        let program = self.program(args).arg("--port").arg("0");
        Classroom { running: program.start_when("Ctrl-C").unwrap() }
    }

    /// The same with the stand-ins, on free ports too.
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

    /// A page of the book, or whatever is at `path`.
    pub fn get(&self, path: &str) -> String {
        get(&format!("{}{path}", self.book())).1
    }

    /// Waits until `text` is on stderr.
    pub fn says(&self, text: &str) -> String {
        self.running.wait_for_stderr(|stderr| stderr.contains(text)).unwrap()
    }
}

/// The status and the body at `url`.
pub fn get(url: &str) -> (u16, String) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build();
    let mut response = agent.new_agent().get(url).call().unwrap();
    (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
}

/// Sends JSON to `url`; the status.
pub fn post(url: &str, json: &str) -> u16 {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build();
    let request = agent.new_agent().post(url).header("Content-Type", "application/json");
    request.send(json).unwrap().status().as_u16()
}
