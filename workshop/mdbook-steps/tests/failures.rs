//! Books that must not be built, and what their authors are told.

mod common;

use common::Book;

/// The one mistake in this chapter, after its place.
fn mistake(text: &str) -> String {
    let error = Book::new(&format!("# A\n\n{text}\n")).error();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    assert_eq!(lines[0], "1 mistake in the book");
    let place = "  book/src/chapter.md:3: ";
    lines[1].strip_prefix(place).unwrap_or_else(|| panic!("{place} in {error}")).to_string()
}

#[test]
fn each_says_what_was_looked_for_and_what_there_is() {
    for (text, message) in [
        (
            "{{#listing step-02/apps.rs}}",
            "there is no `apps.rs` in steps/02-more. Did you mean `app.rs`? There are: Cargo.toml, \
             app.rs, lib.rs, telemetry.rs",
        ),
        (
            "{{#listing step-02/app.rs:ap}}",
            "there is no `ap` in steps/02-more/src/app.rs. Did you mean `app`? There are: Drop for \
             Guard, Guard, Guard::drop, app",
        ),
        (
            "{{#listing step-02/Cargo.toml:dependency}}",
            "there is no `dependency` in steps/02-more/Cargo.toml. Did you mean `dependencies`? There \
             are: dependencies, dependencies.axum, package, package.name",
        ),
        (
            "{{#listing docker-compose.yml:service}}",
            "there is no `service` in docker-compose.yml. Did you mean `services`? There are: services, \
             services.collector, services.collector.image",
        ),
        ("{{#listing}}", "write {{#listing step-02/app.rs}} or {{#listing step-02/app.rs:item}}"),
        ("{{#listing step-09/app.rs}}", "There are: step-01, step-02"),
        ("{{#output step-02/consol}}", "Did you mean `console`? There are: console"),
        (
            "{{#output step-02/console from=\"Metric\"}}",
            "could be any of `Metrics`, `Metric #0`, `Metric #1`",
        ),
        ("{{#output step-02/console to=\"nothing\"}}", "has to=\"nothing\""),
        (
            "{{#output step-02/console form=\"x\"}}",
            "there is no option `form`. Did you mean `from`?",
        ),
        ("{{#output step-02/console from=Metric}}", "belongs in quotation marks: from=\"...\""),
        ("{{#output step-02/console extra}}", "write {{#output step-02/console}}"),
        (
            "{{#diff step-01 step-02 lib.rs}}",
            "there is no difference between step-01/lib.rs and step-02/lib.rs",
        ),
        ("{{#diff step-01 step-02 no.rs}}", "there is no `no.rs` in steps/02-more"),
        ("{{#diff step-01}}", "write {{#diff step-01 step-02 app.rs}}"),
        (
            "{{#telemetry step-02}}",
            "there is no telemetry in the snapshots of step-02. There are: console",
        ),
        ("{{#telemetry step-02/console}}", "is neither the SDK's console text"),
        ("{{#figure way}}", "a picture needs a text alternative: alt=\"what it shows\""),
        ("{{#figure way alt=\"\"}}", "the option `alt` is empty"),
        (
            "{{#figure ways alt=\"a\"}}",
            "there is no picture `ways` (.svg or .png) in book/src/images. Did you mean `way`?",
        ),
        ("![](images/way.svg)", "the picture `images/way.svg` needs a text alternative"),
        ("<img src=\"images/way.svg\">", "the picture `images/way.svg` needs a text alternative"),
        (
            "![a](images/way.png)",
            "there is no picture `book/src/images/way.png`. Did you mean `images/way.svg`?",
        ),
        (
            "![a](https://example.org/a.png)",
            "is not in the book, which has to work without a network",
        ),
        ("![a](../../way.svg)", "is outside of book/src"),
        ("{{#version axun}}", "there is no `axun` in Cargo.lock. Did you mean `axum`?"),
        ("{{#version syn}}", "the version of `syn` could be any of 2.0.1, 3.0.1"),
        (
            "{{#listign step-02/app.rs}}",
            "no such directive. Did you mean `listing`? There are: diff, figure",
        ),
        ("{{#}}", "no such directive"),
        ("{{#include a.md}}", "use listing, output or diff instead"),
        ("{{#listing step-02/app.rs", "it never ends: }} is missing"),
        ("{{#figure way alt=\"a}}", "it never ends: a closing quotation mark is missing"),
        ("see {{#listing step-02/app.rs}}", "it has to stand on a line of its own"),
        ("{{#listing step-02/app.rs}}.", "it has to stand on a line of its own"),
    ] {
        let mistake = mistake(text);
        assert!(mistake.contains(message), "{text}\n{mistake}\nshould have\n{message}");
        if let Some(name) = text.strip_prefix("{{") {
            let name = name.split([' ', '}']).next().unwrap();
            assert!(mistake.contains(&format!("{{{{{name}")), "which directive? {mistake}");
        }
    }
}

#[test]
fn sources_that_are_of_no_use() {
    for (path, text, directive, message) in [
        ("steps/02-more/src/app.rs", "\n", "{{#listing step-02/app.rs}}", "is empty"),
        ("steps/02-more/src/app.rs", "fn (", "{{#listing step-02/app.rs:app}}", "app.rs: line 1: "),
        (
            "steps/02-more/src/app.rs",
            "fn a() {}\nfn a() {}",
            "{{#listing step-02/app.rs:a}}",
            "app.rs:1, steps/02-more/src/app.rs:2",
        ),
        (
            "steps/02-more/src/app.rs",
            "// {{#include x}}",
            "{{#listing step-02/app.rs}}",
            "contains `{{#include`",
        ),
        (
            "steps/02-more/src/app.rs",
            "// \\{{#x}}",
            "{{#listing step-02/app.rs}}",
            "contains `{{#x`",
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
            "step-02 could be any of steps/02-else, steps/02-more",
        ),
        ("book/src/images/way.png", "a", "{{#figure way alt=\"a\"}}", "could be any of"),
        (
            "book/src/images/way.svg",
            "<svg><g></svg>",
            "{{#figure way alt=\"a\"}}",
            "book/src/images/way.svg: ",
        ),
        ("Cargo.lock", "not toml", "{{#version axum}}", "Cargo.lock: "),
        (
            "docker-compose.yml",
            "services:",
            "{{#version collector}}",
            "has no image with a version",
        ),
        (
            "Cargo.toml",
            "[workspace]",
            "{{#version rust}}",
            "there is no `workspace.package.rust-version`",
        ),
    ] {
        let error = Book::new(directive).with(path, text).error();
        assert!(error.contains(message), "{path} {directive}\n{error}\nshould have\n{message}");
    }
}

#[test]
fn all_mistakes_of_all_chapters_are_reported_together() {
    let book = Book::new("{{#version a1}}\n\n![](b)\n\n{{#nothing}} `{{#code}}`\n")
        .with("book/src/SUMMARY.md", "- [A](chapter.md)\n- [B](deep/other.md)\n- [Draft]()\n")
        .with("book/src/deep/other.md", "# B\n\n{{#version b1}}\n");
    let error = book.error();
    assert!(error.starts_with("4 mistakes in the book\n"), "{error}");
    for place in ["chapter.md:1: ", "chapter.md:3: ", "chapter.md:5: ", "deep/other.md:3: "] {
        assert!(error.contains(&format!("\n  book/src/{place}")), "{place} in {error}");
    }
}

#[test]
fn mdbooks_links_must_come_after_the_steps() {
    let error = Book::new("a").with("book/book.toml", "[book]\ntitle = \"a\"\n").error();
    assert!(error.contains("before = [\"links\"]"), "{error}");
    let without = "[build]\nuse-default-preprocessors = false\n";
    assert!(Book::new("a").with("book/book.toml", without).page().contains("<p>a</p>"));
}
