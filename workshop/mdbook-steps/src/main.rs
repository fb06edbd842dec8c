//! `mdbook-steps`, as mdBook calls it: a book in JSON on stdin, the same with all directives
//! expanded on stdout.

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
        // What a chapter shows is Markdown and plain HTML, so any renderer will do.
        ["supports", _renderer] => return Ok(()),
        [] => {}
        _ => bail!("mdBook calls this program; see [preprocessor.steps] in book/book.toml"),
    }
    let (context, book) = parse_input(io::stdin().lock())
        .with_context(|| format!("this is not a book as mdBook {MDBOOK_VERSION} sends it"))?;
    let steps = Steps::find(&context.root)?;
    let book = steps.run(&context, book)?;
    serde_json::to_writer(io::stdout().lock(), &book).context("cannot write the book")
}
