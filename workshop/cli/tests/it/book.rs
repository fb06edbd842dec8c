//! `cargo workshop book`: the files that it writes, and the files that it leaves alone.

use std::fs;

use crate::workshop::Workshop;

#[test]
fn builds_into_a_new_an_empty_and_its_own_folder() {
    let workshop = Workshop::new();
    fs::create_dir_all(workshop.path("empty")).unwrap();
    for dir in ["far/away", "empty", "empty"] {
        let finished = workshop.book(dir);
        assert!(finished.status.success(), "{}", finished.stderr);
        let page = workshop.path(dir).join("index.html");
        let expected = format!("Open {} in a browser; it needs no server.\n", page.display());
        assert!(finished.stderr.ends_with(&expected), "{}", finished.stderr);
        assert!(fs::read_to_string(page).unwrap().contains("Good morning, class."));
        assert!(workshop.read(&format!("{dir}/code.html")).contains("fn app()"));
    }
    assert!(workshop.program(&["book"]).run().unwrap().status.success());
    assert!(workshop.path("target/book/index.html").is_file());
}

#[test]
fn rejects_a_folder_with_other_files() {
    let workshop = Workshop::new();
    workshop.write("mine/thesis.txt", "years of work");
    workshop.write("file", "a file");
    let finished = workshop.book("mine");
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.contains("did not make"), "{}", finished.stderr);
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    assert_eq!(fs::read_dir(workshop.path("mine")).unwrap().count(), 1);
    let finished = workshop.book("file");
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.contains("Cannot write to "), "{}", finished.stderr);
    assert_eq!(workshop.read("file"), "a file");
}

#[test]
fn replaces_only_its_own_files() {
    let workshop = Workshop::new();
    workshop.write("book/src/SUMMARY.md", "# Summary\n\n- [Hello](hello.md)\n- [In](in/deep.md)\n");
    workshop.write("book/src/in/deep.md", "# Deep\n");
    assert!(workshop.book("out").status.success());
    workshop.write("out/notes.txt", "a reader's notes");
    workshop.write("book/src/SUMMARY.md", "# Summary\n\n- [Hello](hello.md)\n");
    fs::remove_dir_all(workshop.path("book/src/in")).unwrap();
    let finished = workshop.book("out");
    assert!(finished.status.success(), "{}", finished.stderr);
    assert!(!workshop.path("out/in").exists(), "the page was removed");
    assert_eq!(workshop.read("out/notes.txt"), "a reader's notes");

    // A new page with the name of a reader's file.
    workshop.write("out/code.html", "a reader's code");
    workshop.write("book/src/SUMMARY.md", "# Summary\n\n- [Hello](hello.md)\n- [Code](code.md)\n");
    let finished = workshop.book("out");
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.contains("code.html already exists"), "{}", finished.stderr);
    assert_eq!(workshop.read("out/code.html"), "a reader's code");
}

#[test]
fn a_forged_list_deletes_nothing_elsewhere() {
    let workshop = Workshop::new();
    assert!(workshop.book("out").status.success());
    workshop.write("precious", "gold");
    let list = workshop.read("out/.cargo-workshop-book");
    let absolute = workshop.path("precious");
    let forged = format!("{list}../precious\n{}\n", absolute.display());
    workshop.write("out/.cargo-workshop-book", &forged);
    assert!(workshop.book("out").status.success());
    assert_eq!(workshop.read("precious"), "gold");
}

#[test]
fn an_invalid_directive_is_an_error_with_its_line() {
    let workshop = Workshop::new();
    assert!(workshop.book("out").status.success());
    workshop.write("book/src/hello.md", "# Hello\n\n{{#output step-01/console}}\n");
    workshop.write("book/src/code.md", "# Code\n\ntext\n\n{{#listing step-01/app.rs:nowhere}}\n");
    let finished = workshop.book("out");
    assert_eq!(finished.status.code(), Some(1));
    for place in ["book/src/hello.md:3: ", "book/src/code.md:5: "] {
        assert!(finished.stderr.contains(place), "{}", finished.stderr);
    }
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
    assert!(workshop.read("out/index.html").contains("Good morning"), "the old one is still there");
}

#[test]
fn a_warning_of_mdbook_is_an_error() {
    // mdBook logs a warning for an unclosed element.
    let workshop = Workshop::new();
    workshop.write("book/src/hello.md", "# Hello\n\n<div>\n\nnever closed\n");
    let finished = workshop.book("out");
    assert_eq!(finished.status.code(), Some(1), "{}", finished.stderr);
    assert!(finished.stderr.starts_with("The book cannot be built: "), "{}", finished.stderr);
    assert!(finished.stderr.contains("hello.md"), "{}", finished.stderr);
    assert!(!workshop.path("out").exists());
}

#[test]
fn a_missing_page_is_an_error() {
    let workshop = Workshop::new();
    workshop.write("book/src/SUMMARY.md", "# Summary\n\n- [Hello](hello.md)\n- [New](new.md)\n");
    let finished = workshop.book("out");
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.contains("`new.md`"), "{}", finished.stderr);
    assert!(!workshop.path("book/src/new.md").exists());
}
