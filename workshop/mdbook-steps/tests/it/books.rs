//! The pages of small books.

use crate::book::{Book, TICKS};

#[test]
fn a_listing_has_its_path_as_caption() {
    let page = Book::new("{{#listing step-02/app.rs}}\n\n*after*\n").page();
    assert!(
        page.contains("<figure class=\"listing\" style=\"margin-inline: 0\">\n<figcaption><code>steps/02-more/src/app.rs</code></figcaption>"),
        "{page}"
    );
    assert!(page.contains("<code class=\"language-rust ignore\">"), "{page}");
    assert!(page.contains("<em>after</em>"), "Markdown continues after the listing: {page}");
    assert!(!page.contains("fn main"), "nothing is added to the listing: {page}");
}

#[test]
fn a_listing_of_one_item() {
    let page = Book::new("{{#listing step-02/app.rs:Drop for Guard}}").text();
    assert!(page.contains("impl Drop for Guard {\n    fn drop(&mut self) {}\n}\n"), "{page}");
    assert!(!page.contains("fn app()"), "{page}");
    let page = Book::new("{{#listing docker-compose.yml:services}}").text();
    assert!(
        page.contains("services:\n  collector:\n    image: otel/collector:0.162.0\n"),
        "{page}"
    );
    assert!(!page.contains("volumes:"), "{page}");
}

#[test]
fn every_line_of_a_listing_is_shown() {
    let source = "//! a\nconst A: &str = r#\"\n# hidden?\n## two\n#\n\"#;\n";
    let book = Book::new("{{#listing step-02/app.rs}}").with("steps/02-more/src/app.rs", source);
    assert!(!book.page().contains("boring"), "{}", book.page());
    assert!(book.text().contains(source.trim_end()), "{}", book.text());
}

#[test]
fn an_output_has_no_header() {
    let page = Book::new("{{#output step-02/console}}").text();
    assert!(page.contains("Metrics\nMetric #0\n\tName: a\nMetric #1\n"), "{page}");
    assert!(!page.contains("source:") && !page.contains("---"), "{page}");
    let part = Book::new("{{#output step-02/console from=\"Metric #0\" to=\"Metric #1\"}}").text();
    assert!(part.contains("Metric #0\n\tName: a\n") && !part.contains("Metric #1"), "{part}");
}

#[test]
fn an_output_has_a_language() {
    let page = Book::new("{{#output step-02/console language=\"json\"}}").page();
    assert!(page.contains("language-json"), "{page}");
    let page = Book::new("{{#output step-02/console}}").page();
    assert!(page.contains("language-text"), "{page}");
}

#[test]
fn no_content_closes_its_fence() {
    let snapshot = format!("---\nsource: a\n---\n```\n# no heading\n{TICKS}\n<b>no tag</b>\n");
    let book = Book::new("{{#output step-02/console}}\n\nend\n")
        .with("steps/02-more/snapshots/console.snap", &snapshot);
    let page = book.page();
    assert!(page.contains(&format!("```\n# no heading\n{TICKS}\n&lt;b&gt;no tag")), "{page}");
    assert!(page.contains("<p>end</p>"), "{page}");
}

#[test]
fn a_diff_folds_unchanged_lines_and_names_the_files() {
    let page = Book::new("{{#diff step-01 step-02 app.rs}}").text();
    assert!(page.contains("steps/01-plain/src/app.rs → steps/02-more/src/app.rs"), "{page}");
    assert!(page.contains("@@ -"), "{page}");
    assert!(page.contains("\n+struct Guard;\n"), "{page}");
    assert!(!page.contains("-use step_01"), "the name of a step is not a difference: {page}");
}

#[test]
fn versions_can_be_part_of_a_sentence() {
    let text = "axum {{#version axum}}, Collector {{#version collector}}, Rust {{#version rust}}.";
    let page = Book::new(text).page();
    assert!(page.contains("<p>axum 0.8.9, Collector 0.162.0, Rust 1.95.</p>"), "{page}");
}

#[test]
fn measured_sizes_can_be_part_of_a_sentence() {
    let text = "It takes {{#measured prepare row=\"all of it\" column=\"MB downloaded\"}}.";
    let page = Book::new(text).text().replace('\u{a0}', " ");
    assert!(page.contains("It takes 34 MB."), "{page}");
}

#[test]
fn an_svg_figure_is_part_of_the_page() {
    let text = "{{#figure way alt=\"a browser & an app\" caption=\"The way\"}}\n\nnext\n";
    let page = Book::new(text).page();
    assert!(page.contains("role=\"img\" aria-label=\"a browser &amp; an app\""), "{page}");
    assert!(page.contains("id=\"fig-chapter-way-1-gradient\""), "{page}");
    assert!(page.contains("fill=\"url(#fig-chapter-way-1-gradient)\""), "{page}");
    assert!(page.contains("html:is(.coal, .navy, .ayu) & {"), "{page}");
    assert!(page.contains(".a > .b { fill"), "CSS is not escaped: {page}");
    assert!(page.contains("<figcaption>The way</figcaption>"), "{page}");
    assert!(page.contains("<p>next</p>"), "{page}");
    assert!(!page.contains("<?xml"), "{page}");
}

#[test]
fn repeated_figures_have_different_ids() {
    let text = "{{#figure way alt=\"a\"}}\n\n{{#figure way alt=\"b\"}}\n";
    let page = Book::new(text).page();
    assert_eq!(page.matches("id=\"fig-chapter-way-1-gradient\"").count(), 1);
    assert_eq!(page.matches("id=\"fig-chapter-way-2-gradient\"").count(), 1);
}

#[test]
fn a_png_figure_is_an_image() {
    let book =
        Book::new("{{#figure photo alt=\"a photo\"}}\n").with("book/src/images/photo.png", "PNG");
    assert!(
        book.page().contains("<img src=\"images/photo.png\" alt=\"a photo\">"),
        "{}",
        book.page()
    );
}

#[test]
fn accepts_windows_line_endings() {
    let book = Book::new("# A\r\n\r\n{{#listing step-02/app.rs:app}}\r\n\r\n*after*\r\n")
        .with("steps/02-more/src/app.rs", "/// Doc.\r\nfn app() {\r\n}\r\n");
    assert!(book.text().contains("/// Doc.\nfn app() {\n}\n"), "{:?}", book.text());
    assert!(book.page().contains("<em>after</em>"));
    let error = Book::new("# A\r\n\r\n{{#listing step-02/no.rs}}\r\n").error();
    assert!(error.contains("book/src/chapter.md:3: "), "{error}");
}

#[test]
fn expands_directives_in_html() {
    for (before, after) in [("", ""), ("\n", "\n")] {
        let text = format!(
            "<details>\n<summary>More</summary>\n{before}{{{{#listing docker-compose.yml}}}}\n{after}</details>\n\n*after*\n"
        );
        let page = Book::new(&text).page();
        let details = page.split("<details>").nth(1).unwrap().split("</details>").next().unwrap();
        assert!(details.contains("<code class=\"language-yaml\">services:"), "{page}");
        assert!(page.contains("<em>after</em>"), "{page}");
    }
}

#[test]
fn a_chapter_in_a_folder_finds_its_pictures() {
    let book = Book::new("a")
        .with("book/src/SUMMARY.md", "- [A](chapter.md)\n- [B](deep/other.md)\n")
        .with("book/src/images/photo.png", "PNG")
        .with("book/src/deep/other.md", "{{#figure photo alt=\"a photo\"}}\n");
    assert!(book.page().contains("<p>a</p>"));
    let page = std::fs::read_to_string(book.root().join("book/book/deep/other.html")).unwrap();
    assert!(page.contains("<img src=\"../images/photo.png\" alt=\"a photo\">"), "{page}");
}
