//! `cargo workshop`: the book and both stand-ins, until Ctrl-C.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Error, Result, anyhow};
use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::server::{self, Edition};
use crate::stand_ins::{Addresses, DEFAULT_COLLECTOR, StandIns};
use crate::watch::Changes;
use crate::workspace::Workspace;
use crate::{book, pack, say, seconds, stop, with_progress};

/// The addresses of the book and of the stand-ins.
#[derive(Debug, Args)]
pub struct Options {
    /// The port of the book, on 127.0.0.1
    #[arg(long, value_name = "PORT", default_value_t = 3000)]
    port: u16,

    #[command(flatten)]
    stand_ins: Addresses,

    /// Serve only the book, for example when the real Collector runs
    #[arg(long, conflicts_with_all = ["collector", "health", "app_insights"])]
    no_stand_ins: bool,
}

const ADVICE: &str = "Undo the change, or type cargo workshop reset and the number of the step \
                      that has it.";

/// Serves the book and the stand-ins until Ctrl-C.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    stop::run(serve(workspace, options))
}

async fn serve(workspace: &Workspace, options: &Options) -> Result<()> {
    // Listen for signals first, so that none is missed.
    let stop = stop::at_signal()?;
    // Bind before the build, so that a used port is reported at once.
    let listener = server::bind(options.port).await?;
    let stand_ins =
        if options.no_stand_ins { None } else { Some(StandIns::bind(options.stand_ins).await?) };
    // Watch before the build, so that no change is missed.
    let changes = Changes::of(workspace).map_err(|error| {
        say(&format!("Cannot watch the sources ({error}): the book will not follow changes."));
    });
    let first = tokio::select! {
        edition = build(workspace) => edition,
        () = stop.cancelled() => return Ok(()),
    };
    let first = match first {
        Ok(edition) => {
            // If the edition cannot be kept, a later start only has an older one.
            let _ = edition.keep(&last_good(workspace));
            edition
        }
        // A mistake in a step must not keep the stand-ins from starting.
        Err(error) => earlier_edition(workspace, &error)?,
    };
    print_addresses(&listener, stand_ins.as_ref())?;

    let (newest, edition) = watch::channel(first);
    let serve_book = async {
        server::serve(listener, edition, stop.clone()).await.context("Cannot serve the book")
    };
    let serve_stand_ins = async {
        match stand_ins {
            Some(stand_ins) => stand_ins.serve(stop.clone()).await,
            None => Ok(()),
        }
    };
    let follow_changes = async {
        if let Ok(changes) = changes {
            tokio::select! {
                () = follow(workspace, changes, &newest) => {}
                () = stop.cancelled() => {}
            }
        }
        Ok(())
    };
    tokio::try_join!(serve_book, serve_stand_ins, follow_changes)?;
    Ok(())
}

fn print_addresses(listener: &TcpListener, stand_ins: Option<&StandIns>) -> io::Result<()> {
    say(&format!("Book: http://{} (follows every change of its sources)", listener.local_addr()?));
    if let Some(stand_ins) = stand_ins {
        let Addresses { collector, health, app_insights } = stand_ins.addresses()?;
        // Step 03 needs no variable for the default address.
        let variable = if collector == DEFAULT_COLLECTOR {
            String::new()
        } else {
            format!(" with OTEL_EXPORTER_OTLP_ENDPOINT=http://{collector}")
        };
        say(&format!(
            "Collector stand-in: http://{collector} (prints here what step 03 sends{variable}; \
             health: http://{health}/)"
        ));
        say(&format!(
            "Application Insights stand-in: http://{app_insights} (charts and alerts; from \
             step 04 on, the steps use it after this command:)"
        ));
        say(&app_insights::set_command(&stand_ins.connection_string(), cfg!(windows)));
    }
    say("Start with cargo run -p step-01 in another terminal. Ctrl-C here stops everything.");
    Ok(())
}

/// The folder of the last edition that was built without an error.
fn last_good(workspace: &Workspace) -> PathBuf {
    workspace.root().join("target/last-good-book")
}

/// The last good edition, or else a page with the error.
fn earlier_edition(workspace: &Workspace, error: &Error) -> Result<Edition> {
    say(&format!("{error:#}\n{ADVICE}"));
    let packed = workspace.root().join(pack::BOOK);
    for folder in [last_good(workspace), packed] {
        if folder.join("index.html").is_file()
            && let Ok(edition) = Edition::copy_of(&folder)
        {
            say("Until then, the last good edition of the book is served.");
            return Ok(edition);
        }
    }
    say("Until then, a page with this error is served instead of the book.");
    Edition::of_error(&format!("{error:#}\n\n{ADVICE}"))
}

/// Builds a new edition after each change.
async fn follow(workspace: &Workspace, mut changes: Changes, newest: &watch::Sender<Edition>) {
    while let Some(sources) = changes.next().await {
        let start = Instant::now();
        match build(workspace).await {
            Ok(edition) => {
                let _ = edition.keep(&last_good(workspace));
                newest.send_replace(edition);
                let reason = list_changes(&sources);
                say(&format!("Built the book again in {}: {reason}.", seconds(start)));
            }
            Err(error) => {
                say(&format!("{error:#}\nThe last good edition of the book is served until then."));
            }
        }
    }
}

async fn build(workspace: &Workspace) -> Result<Edition> {
    let workspace = workspace.clone();
    let build = move || with_progress("Building the book", || book::build_edition(&workspace));
    spawn_blocking(build).await.unwrap_or_else(|_| Err(anyhow!("The build of the book panicked")))
}

/// `book/src/index.md has changed`, with the number of other files.
fn list_changes(sources: &BTreeSet<PathBuf>) -> String {
    let first = sources.first().map(|path| path.display().to_string()).unwrap_or_default();
    match sources.len() {
        0 | 1 => format!("{first} has changed"),
        2 => format!("{first} and another file have changed"),
        more => format!("{first} and {} other files have changed", more - 1),
    }
}
