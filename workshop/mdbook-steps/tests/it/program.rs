//! Runs the program as mdBook does: first to ask whether it supports a renderer, then with the book
//! in JSON on stdin.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::book::Book;

fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mdbook-steps"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may exit before it has read all of the input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// The input that mdBook 0.5 sends.
fn input(book: &Book, chapter: &str) -> String {
    let root = book.root().join("book");
    let chapter = serde_json::json!({"Chapter": {"name": "A", "content": chapter, "number": [1],
        "sub_items": [], "path": "chapter.md", "source_path": "chapter.md", "parent_names": []}});
    let config = serde_json::json!({"book": {"src": "src"},
        "preprocessor": {"steps": {"command": "none"}}});
    let context = serde_json::json!({"root": root, "config": config, "renderer": "html",
        "mdbook_version": "0.5.4"});
    serde_json::json!([context, {"items": [chapter]}]).to_string()
}

#[test]
fn supports_every_renderer() {
    assert!(run(&["supports", "html"], "").status.success());
}

#[test]
fn expands_a_book() {
    let book = Book::new("");
    let output = run(&[], &input(&book, "Rust {{#version rust}}\n"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let expanded: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(expanded["items"][0]["Chapter"]["content"], "Rust 1.95\n");
}

#[test]
fn mdbook_runs_the_program() {
    let config =
        format!("[preprocessor.steps]\ncommand = '\"{}\"'\n", env!("CARGO_BIN_EXE_mdbook-steps"));
    let book = Book::new("Rust {{#version rust}}\n").with("book/book.toml", &config);
    mdbook_driver::MDBook::load(book.root().join("book")).unwrap().build().unwrap();
    let page = std::fs::read_to_string(book.root().join("book/book/chapter.html")).unwrap();
    assert!(page.contains("<p>Rust 1.95</p>"), "{page}");
    let book = book.with("book/src/chapter.md", "{{#version rusty}}\n");
    assert!(mdbook_driver::MDBook::load(book.root().join("book")).unwrap().build().is_err());
}

#[test]
fn prints_all_mistakes_to_stderr() {
    let book = Book::new("");
    let output = run(&[], &input(&book, "{{#version a1}}\n\n{{#version a2}}\n"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(stderr.starts_with("error: 2 mistakes in the book\n"), "{stderr}");
    assert!(
        stderr.contains("book/src/chapter.md:3: {{#version a2}}: there is no `a2`"),
        "{stderr}"
    );
}

#[test]
fn rejects_arguments_and_invalid_input() {
    for (arguments, input, message) in [
        (&["--help"][..], "", "see [preprocessor.steps] in book/book.toml"),
        (&[], "nonsense", "the input is not a book from mdBook 0.5"),
    ] {
        let output = run(arguments, input);
        assert_eq!(output.status.code(), Some(1));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(message) && stderr.starts_with("error: "), "{stderr}");
    }
}
