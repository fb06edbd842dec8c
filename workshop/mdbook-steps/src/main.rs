//! The preprocessor as a program for mdBook. `mdbook-steps` reads a book in JSON from stdin,
//! expands all directives, and writes the book to stdout.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use mdbook_preprocessor::{MDBOOK_VERSION, Preprocessor as _, parse_input};
use mdbook_steps::Steps;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // A page contains only Markdown and plain HTML, which every renderer supports.
        ["supports", _renderer] => return Ok(()),
        [] => {}
        _ => bail!("mdBook calls this program; see [preprocessor.steps] in book/book.toml"),
    }
    let (context, book) = parse_input(io::stdin().lock())
        .with_context(|| format!("the input is not a book from mdBook {MDBOOK_VERSION}"))?;
    let root = context.root.parent().context("the book's folder is not in a workspace")?;
    let book = Steps::new(root).run(&context, book)?;
    serde_json::to_writer(io::stdout().lock(), &book).context("cannot write the book")
}
