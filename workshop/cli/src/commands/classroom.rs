//! `cargo workshop`: the book and both stand-ins, until Ctrl-C.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::server::{self, Edition};
use crate::site::Site;
use crate::stand_ins::{Addresses, StandIns};
use crate::stop::{GRACE, Stop};
use crate::watch::Changes;
use crate::workspace::Workspace;
use crate::{book, say, seconds, with_progress};

/// Where an OTLP exporter sends to unless it is told otherwise.
const DEFAULT_COLLECTOR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4318);

/// Where everything listens.
#[derive(Debug, Args)]
pub struct Options {
    /// Where to serve the book, on 127.0.0.1
    #[arg(long, value_name = "PORT", default_value_t = 3000)]
    port: u16,

    /// Where the Collector stand-in takes OTLP over HTTP
    #[arg(long, value_name = "ADDRESS", default_value_t = DEFAULT_COLLECTOR, value_parser = loopback)]
    collector: SocketAddr,

    /// Where the Collector stand-in answers health checks
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:13133", value_parser = loopback)]
    health: SocketAddr,

    /// Where the Application Insights stand-in takes telemetry
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4319", value_parser = loopback)]
    app_insights: SocketAddr,

    /// Serve the book alone, for example when the real Collector runs
    #[arg(long, conflicts_with_all = ["collector", "health", "app_insights"])]
    no_stand_ins: bool,
}

/// The stand-ins take whatever anybody sends them, so nobody else may reach them.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: Option<SocketAddr> = text.parse().ok();
    address.filter(|address| address.ip().is_loopback()).ok_or_else(|| {
        "an address of this machine alone and a port are needed, such as 127.0.0.1:0".to_owned()
    })
}

/// Opens the classroom, and returns after Ctrl-C.
///
/// # Errors
/// A port that is taken; a book that cannot be built.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("Cannot start the runtime")?;
    let result = runtime.block_on(open(workspace, options));
    // A build may be under way, or somebody may have stopped reading our stdout.
    runtime.shutdown_timeout(GRACE);
    result
}

async fn open(workspace: &Workspace, options: &Options) -> Result<()> {
    // Before anything else, so that Ctrl-C is heard whenever it comes.
    let stop = Stop::at_signal().context("Cannot listen for Ctrl-C")?;
    // A port that is taken is known at once, the book only after a while.
    let listener =
        server::bind(options.port).await.map_err(|error| cannot_listen(options.port, &error))?;
    let stand_ins =
        if options.no_stand_ins { None } else { Some(StandIns::bind(options.addresses()).await?) };
    // Before the first build, so that no change falls between the two.
    let changes = Changes::of(workspace).map_err(|error| {
        say(&format!("Cannot watch the sources ({error}): the book will not follow changes."));
    });
    let first = tokio::select! {
        edition = build(workspace) => edition?,
        () = stop.clone().wait() => return Ok(()),
    };
    welcome(&listener, stand_ins.as_ref())?;

    let (newest, edition) = watch::channel(first);
    let serve = async {
        server::serve(listener, edition, stop.clone()).await.context("Cannot go on serving")
    };
    let stand_ins = async {
        match stand_ins {
            Some(stand_ins) => stand_ins.serve(stop.clone()).await,
            None => Ok(()),
        }
    };
    let follow = async {
        if let Ok(changes) = changes {
            tokio::select! {
                () = follow(workspace, changes, newest) => {}
                () = stop.clone().wait() => {}
            }
        }
        Ok(())
    };
    tokio::try_join!(serve, stand_ins, follow)?;
    Ok(())
}

impl Options {
    fn addresses(&self) -> Addresses {
        Addresses {
            collector: self.collector,
            health: self.health,
            app_insights: self.app_insights,
        }
    }
}

/// Says in five lines what is where.
fn welcome(listener: &TcpListener, stand_ins: Option<&StandIns>) -> io::Result<()> {
    say(&format!("Book: http://{} (follows every change of its sources)", listener.local_addr()?));
    if let Some(stand_ins) = stand_ins {
        let Addresses { collector, health, app_insights } = stand_ins.addresses()?;
        // Step 03 looks there by itself.
        let how = if collector == DEFAULT_COLLECTOR {
            String::new()
        } else {
            format!(" with OTEL_EXPORTER_OTLP_ENDPOINT=http://{collector}")
        };
        say(&format!(
            "Collector, a stand-in: http://{collector} (prints here what step 03 sends{how}; \
             health: http://{health}/)"
        ));
        say(&format!(
            "Application Insights, a stand-in: http://{app_insights} (charts and alerts; \
             steps 04 and 05 find it after this line:)"
        ));
        say(&format!(
            "export APPLICATIONINSIGHTS_CONNECTION_STRING='{}'",
            stand_ins.connection_string()
        ));
    }
    say("Begin with cargo run -p step-01 in another terminal. Ctrl-C here stops everything.");
    Ok(())
}

/// Builds a new edition whenever a source has changed.
async fn follow(workspace: &Workspace, mut changes: Changes, newest: watch::Sender<Edition>) {
    while let Some(sources) = changes.next().await {
        let start = Instant::now();
        match build(workspace).await {
            Ok(edition) => {
                newest.send_replace(edition);
                let why = what_changed(&sources);
                say(&format!("Built the book again in {}: {why}.", seconds(start)));
            }
            Err(error) => {
                let problem = format!("{error:#}");
                say(&format!("{problem}\nUntil that is mended, the book is served as it was."));
                newest.send_modify(|edition| *edition = edition.with_problem(problem));
            }
        }
    }
}

async fn build(workspace: &Workspace) -> Result<Edition> {
    let workspace = workspace.clone();
    let build = move || {
        let folder = tempfile::tempdir().context("Cannot make a temporary folder")?;
        with_progress("Building the book", || book::build(&workspace, folder.path()))?;
        Ok(Edition::new(Site::load(folder.path()).context("Cannot read the book")?))
    };
    spawn_blocking(build).await.unwrap_or_else(|_| Err(anyhow!("Building the book has a bug")))
}

/// `book/src/index.md has changed`, and how many others.
fn what_changed(sources: &BTreeSet<PathBuf>) -> String {
    let first = sources.first().map(|path| path.display().to_string()).unwrap_or_default();
    match sources.len() {
        0 | 1 => format!("{first} has changed"),
        2 => format!("{first} and another file have changed"),
        more => format!("{first} and {} other files have changed", more - 1),
    }
}

fn cannot_listen(port: u16, error: &io::Error) -> anyhow::Error {
    let advice = if error.kind() == ErrorKind::AddrInUse {
        "another program has that port, perhaps cargo workshop in another terminal. Stop that \
         program"
    } else {
        &format!("{error}. Choose a port that you may use")
    };
    anyhow!(
        "Cannot listen on 127.0.0.1:{port} for the book: {advice}, or take any free port with \
         --port 0"
    )
}
