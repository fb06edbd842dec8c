//! Random text never makes the preprocessor panic, and text without directives stays unchanged.

use std::iter::repeat_with;
use std::path::Path;

use mdbook_steps::Steps;

/// Parts of chapters, and input that parsers often get wrong.
const PIECES: &[&str] = &[
    "{{#",
    "}}",
    "{{",
    "{",
    "}",
    "#",
    "\\",
    "\"",
    "=",
    ":",
    "/",
    "..",
    " ",
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    "    ",
    "`",
    "```",
    "~~~",
    "<!--",
    "-->",
    "<img",
    "<svg>",
    "<p>",
    "</p>",
    ">",
    "> ",
    "- ",
    "1. ",
    "![",
    "](",
    ")",
    "[",
    "listing",
    "minutes",
    "schedule",
    "output",
    "diff",
    "figure",
    "version",
    "include",
    "step-01",
    "step-02",
    "step-",
    "app.rs",
    "Cargo.toml",
    "console",
    "from=\"",
    "to=\"",
    "alt=\"",
    "x",
    "ö",
    "\u{1f600}",
    "\u{feff}",
    "\u{2028}",
    "\0",
    "| a |",
    "---",
    "é\u{301}",
];

#[test]
fn survives_random_text() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let steps = Steps::new(root);
    let mut random = fastrand::Rng::with_seed(4);
    let (mut untouched, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let length = random.usize(1..40);
        let text: String = repeat_with(|| *random.choice(PIECES).unwrap()).take(length).collect();
        match steps.expand(&text, Path::new("a.md")) {
            Ok((out, _)) if !text.contains("{{") => {
                assert_eq!(out, text);
                untouched += 1;
            }
            Ok(_) => {}
            Err(_) => refused += 1,
        }
    }
    assert!(untouched > 100 && refused > 100, "{untouched} untouched, {refused} refused");
}
