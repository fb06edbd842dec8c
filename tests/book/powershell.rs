//! The commands for PowerShell follow its grammar. Without PowerShell, the tests cannot run them.

use std::{fs, path::Path};

use mdbook_steps::Steps;
use tests::root;
use tree_sitter::Parser;

use crate::book::{chapters, source};

fn is_valid(text: &str) -> bool {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).expect("the versions fit");
    let tree = parser.parse(text, None).expect("there is no time limit");
    !tree.root_node().has_error()
}

#[test]
fn the_commands_of_the_pages_follow_the_grammar() {
    let mut count = 0;
    for chapter in chapters() {
        let text = fs::read_to_string(source().join(&chapter)).unwrap();
        let (text, _) = Steps::new(root()).expand(&text, Path::new(&chapter)).unwrap();
        for command in text.lines().filter_map(|line| line.trim_start().strip_prefix("PS> ")) {
            assert!(is_valid(command), "{chapter}: {command}");
            count += 1;
        }
    }
    assert!(count > 10, "only {count} commands were found");
    assert!(!is_valid("for i in $(seq 3); do curl; done"), "the grammar is not that of sh");
}

#[test]
fn the_first_check_follows_the_grammar() {
    let text = fs::read_to_string(root().join("check.ps1")).unwrap();
    assert!(is_valid(&text));
    assert!(text.is_ascii(), "PowerShell 5 reads a file without a mark as another encoding");
}
