//! A chapter states enough minutes for its text and its commands, and not many more.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path, time::Duration};

use mdbook_steps::Steps;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use tests::root;

use crate::book::{chapters, schedule, source};

/// The words of technical prose that a reader reads in a minute.
const WORDS: u64 = 200;
/// The lines of a listing, an output, a diff or a command that a reader reads in a minute.
const LINES: u64 = 30;
/// Minutes of waiting that no test of a page measures, with the reason.
const WAITS: [(&str, u64, &str); 3] = [
    (
        "setup",
        4,
        "the first build of everything: 305 s of processor time, on two cores, and the download",
    ),
    ("step-05", 2, "an alert fires, and is resolved"),
    ("prometheus", 7, "two alerts fire within two minutes, and are resolved after five"),
];

/// Fails with a table of all chapters if one states fewer minutes than it needs, or more than 1.6
/// times as many plus five. `commands` has the measured time of the commands of each page.
pub fn assert_minutes(commands: &BTreeMap<String, Duration>) {
    let schedule = schedule();
    let mut table = String::from(
        "chapter          words lines wait commands  needed  most  stated in book/schedule.toml\n",
    );
    let mut good = true;
    for file in chapters() {
        let name = file.trim_end_matches(".md");
        let (words, lines) = reading(&file);
        let wait = WAITS.iter().find(|wait| wait.0 == name).map_or(0, |wait| wait.1);
        let typed = commands.get(name).map_or(0, Duration::as_secs);
        let stated = schedule["minutes"].get(name).and_then(toml::Value::as_integer);
        let stated = stated.map_or(0, |minutes| u64::try_from(minutes).unwrap());
        // The sum is in seconds, because whole numbers compare exactly.
        let needed = words * 60 / WORDS + lines * 60 / LINES + wait * 60 + typed;
        let most = needed * 8 / 5 + 300;
        let seconds = stated * 60;
        let verdict = match () {
            () if seconds < needed => "  too few",
            () if seconds > most => "  too many",
            () => "",
        };
        good &= verdict.is_empty();
        let [needed, most] = [needed, most].map(|it| format!("{}:{:02}", it / 60, it % 60));
        writeln!(
            table,
            "{name:<16} {words:>5} {lines:>5} {wait:>4} {typed:>7}s {needed:>7} {most:>5} \
             {stated:>7}{verdict}",
        )
        .unwrap();
    }
    assert!(good, "minutes of the chapters without their exercises:\n{table}");
}

/// The words and the lines of code of a page, without its exercises and its notes for teachers.
fn reading(chapter: &str) -> (u64, u64) {
    let text = fs::read_to_string(source().join(chapter)).unwrap();
    let own: String = text
        .lines()
        .filter(|line| !line.starts_with("{{#exercise "))
        .flat_map(|line| [line, "\n"])
        .collect();
    let (text, _) = Steps::new(root()).expand(&own, Path::new(chapter)).unwrap();
    let (mut words, mut lines) = (0, 0);
    // Notes for teachers are folded.
    let (mut folded, mut code, mut twin) = (0, false, false);
    for event in Parser::new_ext(&text, Options::ENABLE_TABLES | Options::ENABLE_DEFINITION_LIST) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => {
                folded += html.matches("<details").count();
                folded -= html.matches("</details>").count();
            }
            // The commands are the same as in the fence before.
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if &*info == "powershell" => {
                twin = true;
            }
            Event::Start(Tag::CodeBlock(_)) => code = true,
            Event::End(TagEnd::CodeBlock) => (code, twin) = (false, false),
            Event::Text(_) if twin => {}
            Event::Text(text) if code && folded == 0 => lines += text.lines().count() as u64,
            Event::Text(text) | Event::Code(text) if folded == 0 => {
                words += text.split_whitespace().count() as u64;
            }
            _ => (),
        }
    }
    (words, lines)
}

#[test]
fn minutes_of_a_chapter_fit_its_text() {
    assert_minutes(&BTreeMap::new());
}
