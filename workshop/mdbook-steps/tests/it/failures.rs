//! The messages for errors in a book.

use crate::book::Book;

/// The message of the only error in this chapter, without its position.
fn mistake(text: &str) -> String {
    let error = Book::new(&format!("# A\n\n{text}\n")).error();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    assert_eq!(lines[0], "1 mistake in the book");
    let place = "  book/src/chapter.md:3: ";
    lines[1].strip_prefix(place).unwrap_or_else(|| panic!("{place} in {error}")).to_string()
}

#[test]
fn messages_name_the_missing_and_the_existing() {
    for (text, message) in [
        (
            "{{#listing step-02/apps.rs}}",
            "there is no `apps.rs` in steps/02-more. Did you mean `app.rs`? Available: Cargo.toml, \
             app.rs, lib.rs, telemetry.rs",
        ),
        (
            "{{#listing step-02/app.rs:ap}}",
            "there is no `ap` in steps/02-more/src/app.rs. Did you mean `app`? Available: Drop for \
             Guard, Guard, Guard::drop, app",
        ),
        (
            "{{#listing docker-compose.yml:service}}",
            "there is no `service` in docker-compose.yml. Did you mean `services`? Available: services",
        ),
        (
            "{{#listing step-02/Cargo.toml:package}}",
            "cannot show a part of steps/02-more/Cargo.toml",
        ),
        ("{{#listing}}", "write {{#listing step-02/app.rs}} or {{#listing step-02/app.rs:item}}"),
        ("{{#listing step-09/app.rs}}", "Available: step-01, step-02"),
        ("{{#output step-02/consol}}", "Did you mean `console`? Available: console"),
        (
            "{{#output step-02/console from=\"Metric\"}}",
            "console.snap: from=\"Metric\" is ambiguous: `Metrics`, `Metric #0`",
        ),
        ("{{#output step-02/console to=\"nothing\"}}", "matches to=\"nothing\""),
        (
            "{{#output step-02/console form=\"x\"}}",
            "there is no option `form`. Did you mean `from`?",
        ),
        ("{{#output step-02/console from=Metric}}", "an option is written as name=\"value\""),
        ("{{#output step-02/console extra}}", "write {{#output step-02/console}}"),
        (
            "{{#diff step-01 step-02 lib.rs}}",
            "there is no difference between steps/01-plain/src/lib.rs and steps/02-more/src/lib.rs",
        ),
        ("{{#diff step-01 step-02 telemetry.rs}}", "there is no `telemetry.rs` in steps/01-plain"),
        ("{{#diff step-01}}", "write {{#diff step-01 step-02 app.rs}}"),
        ("{{#figure way}}", "a picture needs a text alternative: alt=\"what it shows\""),
        ("{{#figure way alt=\"\"}}", "the option `alt` is empty"),
        (
            "{{#figure ways alt=\"a\"}}",
            "there is no picture `ways` (.svg or .png) in book/src/images. Did you mean `way.svg`?",
        ),
        ("{{#version axun}}", "there is no `axun` in Cargo.lock. Did you mean `axum`?"),
        ("{{#version syn}}", "the version of `syn` is ambiguous: 2.0.1, 3.0.1"),
        (
            "{{#measured prepared row=\"all of it\" column=\"MB downloaded\"}}",
            "there is no section `prepared` in workshop/cost/results.json. Did you mean `prepare`?",
        ),
        (
            "{{#measured prepare row=\"all\" column=\"MB downloaded\"}}",
            "there is no row `all` in `prepare`. Available: all of it",
        ),
        (
            "{{#measured prepare row=\"all of it\" column=\"MB download\"}}",
            "there is no column `MB download` in `prepare`. Did you mean `MB downloaded`?",
        ),
        (
            "{{#measured prepare row=\"all of it\" column=\"s\"}}",
            "only a column in MB can be inserted into a sentence",
        ),
        (
            "{{#measured prepare row=\"all of it\" column=\"MB lost\"}}",
            "`all of it` has no MB lost",
        ),
        ("{{#measured prepare}}", "write {{#measured prepare row="),
        (
            "{{#listign step-02/app.rs}}",
            "there is no directive `listign`. Did you mean `listing`? Available: diff, exercise",
        ),
        ("{{#}}", "there is no directive ``"),
        ("{{#include missing.md}}", "there is no directive `include`"),
        ("{{#listing step-02/app.rs", "the directive is not closed"),
        ("{{#figure way alt=\"a}}", "the directive is not closed"),
        ("see {{#listing step-02/app.rs}}", "this directive needs a line of its own"),
        ("{{#listing step-02/app.rs}}.", "this directive needs a line of its own"),
    ] {
        let mistake = mistake(text);
        assert!(mistake.contains(message), "{text}\n{mistake}\nexpected\n{message}");
        if let Some(name) = text.strip_prefix("{{") {
            let name = name.split([' ', '}']).next().unwrap();
            assert!(mistake.contains(&format!("{{{{{name}")), "which directive? {mistake}");
        }
    }
}

#[test]
fn rejects_invalid_sources() {
    for (path, text, directive, message) in [
        ("steps/02-more/src/app.rs", "\n", "{{#listing step-02/app.rs}}", "is empty"),
        ("steps/02-more/src/app.rs", "fn (", "{{#listing step-02/app.rs:app}}", "app.rs: line 1: "),
        (
            "steps/02-more/src/app.rs",
            "fn a() {}\nfn a() {}",
            "{{#listing step-02/app.rs:a}}",
            "app.rs:1, steps/02-more/src/app.rs:2",
        ),
        ("steps/02-more/snapshots/console.snap", "a\n", "{{#output step-02/console}}", "no header"),
        (
            "steps/02-more/snapshots/console.snap",
            "---\na: b\n---\n",
            "{{#output step-02/console}}",
            "is empty",
        ),
        (
            "steps/02-else/Cargo.toml",
            "a",
            "{{#listing step-02/app.rs}}",
            "step-02 is ambiguous: steps/02-else, steps/02-more",
        ),
        (
            "book/src/images/way.png",
            "a",
            "{{#figure way alt=\"a\"}}",
            "is ambiguous: way.svg, way.png",
        ),
        (
            "book/src/images/way.svg",
            "<svg><g></svg>",
            "{{#figure way alt=\"a\"}}",
            "book/src/images/way.svg: ",
        ),
        ("Cargo.lock", "not toml", "{{#version axum}}", "Cargo.lock: "),
        (
            "workshop/cost/results.json",
            "no JSON",
            "{{#measured prepare row=\"all of it\" column=\"MB downloaded\"}}",
            "workshop/cost/results.json: ",
        ),
        (
            "docker-compose.yml",
            "services: {collector: {image: a}}",
            "{{#version collector}}",
            "docker-compose.yml: the service `collector` needs an image with a version",
        ),
        (
            "Cargo.toml",
            "[workspace]",
            "{{#version rust}}",
            "Cargo.toml: TOML parse error at line 1",
        ),
    ] {
        let error = Book::new(directive).with(path, text).error();
        assert!(error.contains(message), "{path} {directive}\n{error}\nexpected\n{message}");
    }
}

#[test]
fn reports_all_mistakes_of_all_chapters() {
    let book = Book::new("{{#version a1}}\n\n{{#figure b}}\n\n{{#nothing}}\n")
        .with("book/src/SUMMARY.md", "- [A](chapter.md)\n- [B](deep/other.md)\n- [Draft]()\n")
        .with("book/src/deep/other.md", "# B\n\n{{#version b1}}\n");
    let error = book.error();
    assert!(error.starts_with("4 mistakes in the book\n"), "{error}");
    for place in ["chapter.md:1: ", "chapter.md:3: ", "chapter.md:5: ", "deep/other.md:3: "] {
        assert!(error.contains(&format!("\n  book/src/{place}")), "{place} in {error}");
    }
}
