//! Minutes and plans on a page, and the messages for invalid plans.

use crate::book::Book;

const GOOD: &str = r#"
[minutes]
chapter = 25
"deep/other" = 95

[plan.morning]
start = "09:00"
end = "11:20"
slots = [
    { chapter = "chapter" },
    { break = "Coffee", minutes = 20 },
    { chapter = "deep/other" },
]
"#;

fn book(text: &str, schedule: &str) -> Book {
    Book::new(text)
        .with("book/schedule.toml", schedule)
        .with("book/src/SUMMARY.md", "- [A](chapter.md)\n- [B](deep/other.md)\n")
        .with("book/src/deep/other.md", "# The *other* | one\n\n{{#schedule morning}}\n")
}

#[test]
fn minutes_can_be_part_of_a_sentence() {
    let text =
        "It takes {{#minutes}}, both {{#minutes chapter deep/other}}, all {{#minutes morning}}.";
    let page = book(text, GOOD).text().replace('\u{a0}', " ");
    assert!(page.contains("It takes 25 minutes, both 2 hours, all 2 hours 20 minutes."), "{page}");
}

/// The book with three exercises in its first chapter: 2, 4 and 8 minutes.
fn with_exercises(text: &str, schedule: &str) -> Book {
    [("01-look", 2), ("02-write", 4), ("03-test", 8)].into_iter().fold(
        book(text, schedule),
        |book, (name, minutes)| {
            let exercise = format!(
                "title = \"T\"\nchapter = \"chapter\"\nminutes = {minutes}\n\
                 task = \"Do it.\"\nhints = []\nstart = {{ step = 1 }}\nsolution = {{ step = 2 }}\n\
                 check = {{ command = \"c\", before = \"b\", after = \"a\" }}\n"
            );
            book.with(&format!("exercises/{name}/exercise.toml"), &exercise)
        },
    )
}

#[test]
fn exercises_are_a_part_of_the_minutes() {
    let text = "All {{#minutes}}, to do {{#minutes only=\"exercises\"}}, to read {{#minutes \
                without=\"exercises\"}}, both {{#minutes chapter deep/other without=\"exercises\"}}.";
    let schedule = GOOD.replace("11:20", "11:34");
    let page = with_exercises(text, &schedule).text().replace('\u{a0}', " ");
    let words = "All 39 minutes, to do 14 minutes, to read 25 minutes, both 2 hours.";
    assert!(page.contains(words), "{page}");
}

#[test]
fn a_plan_chooses_from_the_exercises() {
    let slot = "{ chapter = \"chapter\" }";
    for (exercises, minutes, shown) in [
        ("", 39, "</a>, exercises 1, 2 and 3"),
        (", exercises = [\"01-look\", \"03-test\"]", 35, "</a>, exercises 1 and 3"),
        (", exercises = [\"02-write\"]", 29, "</a>, exercise 2"),
        (", exercises = []", 25, "</a>, without its exercises</td>"),
    ] {
        let chosen = slot.replace(" }", &format!("{exercises} }}"));
        let schedule = GOOD.replace(slot, &chosen).replace("11:20", &format!("11:{}", minutes - 5));
        let page = with_exercises("# A\n\n{{#schedule morning}}\n", &schedule).page();
        assert!(page.contains(&format!("<td>09:{minutes}</td>")), "{page}");
        assert!(page.contains(&format!("<a href=\"chapter.html\">A{shown}")), "{shown}: {page}");
    }
    let wrong = slot.replace(" }", ", exercises = [\"02-wrote\"] }");
    let error = with_exercises("{{#minutes}}", &GOOD.replace(slot, &wrong)).error();
    let message = "plan `morning`: there is no exercise `02-wrote` in the chapter `chapter`. Did \
                   you mean `02-write`? Available: 01-look, 02-write, 03-test";
    assert!(error.contains(message), "{error}");
}

#[test]
fn a_schedule_is_a_table_with_links_and_times() {
    let book = book("# A\n\n{{#schedule morning}}\n\nend\n", GOOD);
    let page = book.page();
    for part in [
        "<td>09:00</td><td>09:25</td>",
        "<a href=\"chapter.html\">A</a>",
        "<td>09:25</td><td>09:45</td>",
        "<em>Coffee</em>",
        "<a href=\"deep/other.html\">The <em>other</em> | one</a>",
        "<td><strong>09:00</strong></td><td><strong>11:20</strong></td>",
        "<p>end</p>",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let total = "2 hours 20 minutes, breaks of 20 minutes included";
    assert!(book.text().replace('\u{a0}', " ").contains(total), "{}", book.text());
    let deep = std::fs::read_to_string(book.root().join("book/book/deep/other.html")).unwrap();
    assert!(deep.contains("<a href=\"../chapter.html\">A</a>"), "{deep}");
}

#[test]
fn rejects_invalid_plans() {
    for (from, to, message) in [
        ("chapter = 25", "chapter = 0", "the chapter `chapter` needs at least one minute"),
        ("chapter = 25", "chapter = -1", "book/schedule.toml:3: "),
        ("chapter = 25", "chapter = 25\nmore = 1", "there is no chapter more.md"),
        (
            "chapter = 25",
            "chapter = 26",
            "plan `morning`: `end` is 11:20, but the slots end at 11:21",
        ),
        ("11:20", "11.20", "book/schedule.toml:8: invalid time `11.20`; write it as \"09:30\""),
        (
            "{ chapter = \"chapter\" }",
            "{ chapter = \"chaptre\" }",
            "no minutes for the chapter `chaptre`",
        ),
        (
            "\"deep/other\" }",
            "\"deep/other\", minutes = 1 }",
            "a slot has `chapter`, or `minutes` with `break` or `what`",
        ),
        ("\"deep/other\" = 95", "\"deep/other\" = 101", "101 minutes without a break"),
        ("{ break", "{ what", "140 minutes without a break"),
        ("\"Coffee\", minutes = 20", "\"Coffee\"", "a slot has `chapter`, or `minutes` with"),
        (
            "{ break = \"Coffee\"",
            "{ chapter = \"chapter\", break = \"Coffee\"",
            "a slot has `chapter`, or",
        ),
        (
            "slots = [",
            "slots = [{ break = \"Sleep\", minutes = 1 },",
            "a break needs a session before and after it",
        ),
        ("slots =", "slot =", "unknown field `slot`"),
        ("[minutes]", "[minute]", "unknown field `minute`"),
    ] {
        let schedule = GOOD.replacen(from, to, 1);
        assert_ne!(schedule, GOOD, "{from} is not in the schedule");
        let error = book("{{#minutes}}", &schedule).error();
        let place = "book/src/chapter.md:1: {{#minutes}}: book/schedule.toml";
        assert!(error.contains(place) && error.contains(message), "{error}\nexpected\n{message}");
    }
}

#[test]
fn messages_name_the_missing_and_the_existing() {
    for (text, message) in [
        (
            "{{#minutes chaptre}}",
            "there is no `chaptre` under [minutes] in book/schedule.toml. Did you mean `chapter`? \
             Available: chapter, deep/other, morning",
        ),
        ("{{#minutes a=\"b\"}}", "there is no option `a`"),
        ("{{#minutes only=\"plans\"}}", "write only=\"exercises\" or without=\"exercises\""),
        ("{{#minutes only=\"exercises\"}}", "there are no exercises in chapter"),
        ("{{#minutes morning only=\"exercises\"}}", "`morning` is a plan"),
        (
            "{{#schedule mourning}}",
            "there is no plan `mourning` in book/schedule.toml. Did you mean `morning`?",
        ),
        ("{{#schedule}}", "write {{#schedule half-day}}"),
        ("a {{#schedule morning}}", "this directive needs a line of its own"),
    ] {
        let error = book(text, GOOD).error();
        assert!(error.contains(message), "{error}\nexpected\n{message}");
    }
    let error = Book::new("{{#minutes}}").error();
    assert!(error.contains("there is no file `book/schedule.toml`"), "{error}");
}

#[test]
fn an_invalid_plan_is_reported_once() {
    let text = "It takes {{#minutes}} or {{#minutes}}.\n\n{{#schedule morning}}\n";
    let error = book(text, &GOOD.replace("11:20", "11:25")).error();
    assert!(error.starts_with("1 mistake in the book\n"), "{error}");
    assert!(error.contains("`end` is 11:25, but the slots end at 11:20"), "{error}");
}
