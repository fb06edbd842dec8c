//! Builds small books as mdBook builds them, and reads the pages.

mod common;

use common::{Book, TICKS};

#[test]
fn a_listing_is_a_fence_with_its_path_above() {
    let page = Book::new("{{#listing step-02/app.rs}}\n\n*after*\n").page();
    assert!(
        page.contains("<figure class=\"listing\" style=\"margin-inline: 0\">\n<figcaption><code>steps/02-more/src/app.rs</code></figcaption>"),
        "{page}"
    );
    assert!(page.contains("<code class=\"language-rust ignore\">"), "{page}");
    assert!(page.contains("<em>after</em>"), "what follows is Markdown: {page}");
    assert!(!page.contains("fn main"), "nothing is added to it: {page}");
}

#[test]
fn a_listing_of_one_item() {
    let page = Book::new("{{#listing step-02/app.rs:Drop for Guard}}").text();
    assert!(page.contains("impl Drop for Guard {\n    fn drop(&mut self) {}\n}\n"), "{page}");
    assert!(!page.contains("fn app()"), "{page}");
    let page = Book::new("{{#listing step-02/Cargo.toml:dependencies}}").text();
    assert!(page.contains("[dependencies]\naxum = \"0.8.9\"\n"), "{page}");
    assert!(!page.contains("[package]"), "{page}");
    let page = Book::new("{{#listing docker-compose.yml:services.collector}}").text();
    assert!(page.contains("collector:\n  image: otel/collector:0.162.0\n"), "{page}");
}

#[test]
fn every_line_of_a_listing_is_shown() {
    let source = "//! a\nconst A: &str = r#\"\n# hidden?\n## two\n#\n\"#;\n";
    let book = Book::new("{{#listing step-02/app.rs}}").with("steps/02-more/src/app.rs", source);
    assert!(!book.page().contains("boring"), "{}", book.page());
    assert!(book.text().contains(source.trim_end()), "{}", book.text());
}

#[test]
fn an_output_is_the_snapshot_without_its_header() {
    let page = Book::new("{{#output step-02/console caption=\"After <2> s\"}}").text();
    assert!(page.contains("After <2> s"), "{page}");
    assert!(page.contains("Metrics\nMetric #0\n\tName: a\nMetric #1\n"), "{page}");
    assert!(!page.contains("source:") && !page.contains("---"), "{page}");
    let part = Book::new("{{#output step-02/console from=\"Metric #0\" to=\"Metric #1\"}}").text();
    assert!(part.contains("Metric #0\n\tName: a\n") && !part.contains("Metric #1"), "{part}");
}

#[test]
fn an_output_in_json_is_said_to_be() {
    let snapshot = "---\nsource: a\n---\n[1, {\"a\": null}]\n";
    let book = Book::new("{{#output step-02/console}}")
        .with("steps/02-more/snapshots/console.snap", snapshot);
    assert!(book.page().contains("language-json"), "{}", book.page());
}

#[test]
fn nothing_that_is_shown_closes_its_fence() {
    let snapshot = format!("---\nsource: a\n---\n```\n# no heading\n{TICKS}\n<b>no tag</b>\n");
    let book = Book::new("{{#output step-02/console}}\n\nend\n")
        .with("steps/02-more/snapshots/console.snap", &snapshot);
    let page = book.page();
    assert!(page.contains(&format!("```\n# no heading\n{TICKS}\n&lt;b&gt;no tag")), "{page}");
    assert!(page.contains("<p>end</p>"), "{page}");
}

#[test]
fn code_is_left_alone() {
    let text = "Write `{{#listing step-99/x.rs}}`:\n\n```md\n{{#output nothing}}\n```\n\n    {{#diff}}\n\n\
                <!-- {{#nonsense}} -->\n\nor \\{{#listing step-99/y.rs}}\n";
    let page = Book::new(text).text();
    for part in [
        "{{#listing step-99/x.rs}}",
        "{{#output nothing}}",
        "{{#diff}}",
        "or {{#listing step-99/y.rs}}",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
}

#[test]
fn backticks_in_one_directive_do_not_hide_another() {
    let text = "{{#figure way alt=\"a ` tick\"}}\n{{#figure way alt=\"another ` tick\"}}\n";
    let page = Book::new(text).page();
    assert!(
        page.contains("aria-label=\"a ` tick\"") && page.contains("aria-label=\"another ` tick\"")
    );
}

#[test]
fn a_diff_folds_what_is_the_same_and_names_the_files() {
    let page = Book::new("{{#diff step-01 step-02 app.rs}}").text();
    assert!(page.contains("steps/01-plain/src/app.rs → steps/02-more/src/app.rs"), "{page}");
    assert!(page.contains("@@ -"), "{page}");
    assert!(page.contains("\n+struct Guard;\n"), "{page}");
    assert!(!page.contains("-use step_01"), "a step's own name is no difference: {page}");
}

#[test]
fn a_diff_of_all_files() {
    let page = Book::new("{{#diff step-01 step-02}}").text();
    assert!(page.contains("steps/02-more/src/telemetry.rs, new"), "{page}");
    assert!(page.contains("+axum = \"0.8.9\""), "{page}");
    assert!(!page.contains("lib.rs"), "what is the same is not shown: {page}");
    assert!(!page.contains("name = \"step-01\""), "{page}");
}

#[test]
fn versions() {
    let text = "axum {{#version axum}}, Collector {{#version collector}}, Rust {{#version rust}}.";
    let page = Book::new(text).page();
    assert!(page.contains("<p>axum 0.8.9, Collector 0.162.0, Rust 1.95.</p>"), "{page}");
}

#[test]
fn figures_are_part_of_the_page() {
    let text = "{{#figure way\n  alt=\"a browser\n  and an \\\"app\\\"\"\n  caption=\"The way\"}}\n\nnext\n";
    let page = Book::new(text).page();
    assert!(
        page.contains("role=\"img\" aria-label=\"a browser and an &quot;app&quot;\""),
        "{page}"
    );
    assert!(page.contains("id=\"fig-chapter-way-1-gradient\""), "{page}");
    assert!(page.contains("fill=\"url(#fig-chapter-way-1-gradient)\""), "{page}");
    assert!(page.contains("html:is(.coal, .navy, .ayu) & {"), "{page}");
    assert!(page.contains(".a > .b { fill"), "CSS is not escaped: {page}");
    assert!(page.contains("<figcaption>The way</figcaption>"), "{page}");
    assert!(page.contains("<p>next</p>"), "{page}");
    assert!(!page.contains("<?xml"), "{page}");
}

#[test]
fn two_uses_of_a_figure_have_different_ids() {
    let text = "{{#figure way alt=\"a\"}}\n\n{{#figure way alt=\"b\"}}\n";
    let page = Book::new(text).page();
    assert_eq!(page.matches("id=\"fig-chapter-way-1-gradient\"").count(), 1);
    assert_eq!(page.matches("id=\"fig-chapter-way-2-gradient\"").count(), 1);
}

#[test]
fn png_figures() {
    let book =
        Book::new("{{#figure photo alt=\"a photo\"}}\n").with("book/src/images/photo.png", "PNG");
    assert!(
        book.page().contains("<img src=\"images/photo.png\" alt=\"a photo\">"),
        "{}",
        book.page()
    );
}

#[test]
fn telemetry_as_a_table_and_as_a_diff() {
    let console = "---\n---\nMetrics\n\tInstrumentation Scope #0\nMetric #0\n\t\tName : a|b\n\
                   \t\tDescription : <b>\n\t\tUnit : s\n\t\tType : Gauge\n\t\tDataPoint #0\n";
    let envelopes = "---\n---\n[{\"data\": {\"baseType\": \"MetricData\", \"baseData\": {\"metrics\": \
                     [{\"name\": \"c\", \"value\": 1}]}}}]\n";
    let text = "{{#telemetry step-01}}\n\n{{#telemetry-diff step-01 step-02/envelopes}}\n";
    let book = Book::new(text)
        .with("steps/01-plain/snapshots/console.snap", console)
        .with("steps/02-more/snapshots/envelopes.snap", envelopes);
    let page = book.page();
    assert!(page.contains("<td><code>a|b</code><br>&lt;b&gt;</td><td>gauge in <code>s</code></td><td>none</td><td>1</td>"), "{page}");
    assert!(
        book.text().contains("+ c: sum\n+   series without attributes\n- a|b: gauge in s"),
        "{page}"
    );
}

#[test]
fn directives_stand_in_lists_and_quotations() {
    let text =
        "1. one\n\n   {{#output step-02/console}}\n\n2. two\n\n> {{#listing docker-compose.yml}}\n";
    let page = Book::new(text).page();
    let list = page.split("</ol>").next().unwrap();
    assert!(list.contains("Metric #0\n\tName: a\n") && list.contains("two"), "{page}");
    let quotation =
        page.split("<blockquote>").nth(1).unwrap().split("</blockquote>").next().unwrap();
    assert!(quotation.contains("services:\n  collector:\n"), "{page}");
}

#[test]
fn windows_line_ends() {
    let book = Book::new("# A\r\n\r\n{{#listing step-02/app.rs:app}}\r\n\r\n*after*\r\n")
        .with("steps/02-more/src/app.rs", "/// Doc.\r\nfn app() {\r\n}\r\n");
    assert!(book.text().contains("/// Doc.\nfn app() {\n}\n"), "{:?}", book.text());
    assert!(book.page().contains("<em>after</em>"));
    let error = Book::new("# A\r\n\r\n{{#listing step-02/no.rs}}\r\n").error();
    assert!(error.contains("book/src/chapter.md:3: "), "{error}");
}

#[test]
fn pictures_in_markdown_and_html() {
    let text = "![a way](images/way.svg) and <img src=\"./images/way.svg\" alt=\"again\">\n";
    assert!(Book::new(text).page().contains("alt=\"a way\""));
}

#[test]
fn mdbooks_own_title() {
    assert!(Book::new("{{#title Another}}\n\n# A\n").page().contains("<title>Another</title>"));
}

#[test]
fn directives_stand_in_html() {
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
fn every_page_of_a_nested_chapter_finds_its_pictures() {
    let book = Book::new("a")
        .with("book/src/SUMMARY.md", "- [A](chapter.md)\n- [B](deep/other.md)\n")
        .with("book/src/images/photo.png", "PNG")
        .with(
            "book/src/deep/other.md",
            "{{#figure photo alt=\"a photo\"}}\n\n![b](../images/way.svg)\n",
        );
    assert!(book.page().contains("<p>a</p>"));
    let page = std::fs::read_to_string(book.root().join("book/book/deep/other.html")).unwrap();
    assert!(page.contains("<img src=\"../images/photo.png\" alt=\"a photo\">"), "{page}");
}

#[test]
fn the_book_is_found_by_whatever_path() {
    let book = Book::new("{{#figure way alt=\"a\"}}\n");
    let folder = book.root().join("steps/../book");
    let mut mdbook = mdbook_driver::MDBook::load(folder).unwrap();
    mdbook.with_preprocessor(mdbook_steps::Steps::new(book.root()));
    mdbook.build().unwrap();
    let elsewhere = Book::new("a");
    let mut mdbook = mdbook_driver::MDBook::load(book.root().join("book")).unwrap();
    mdbook.with_preprocessor(mdbook_steps::Steps::new(elsewhere.root()));
    let error = mdbook.build().unwrap_err().root_cause().to_string();
    assert!(error.contains(" is not in "), "{error}");
}
