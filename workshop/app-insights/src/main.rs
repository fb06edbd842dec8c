//! The stand-in as a program. Run with `cargo run -p app-insights`.

use std::{future::Future, net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use app_insights::{
    limits::Limits,
    server::{BindError, Server},
    store::Store,
};
use clap::Parser;
use jiff::Timestamp;
use tokio::runtime;

/// A stand-in for Azure Application Insights: takes telemetry on your own machine.
///
/// Point an app at it with the connection string that it prints when it starts. Every batch that
/// it accepts is one line on stdout; everything else goes to stderr. Nothing is sent anywhere, and
/// nothing is kept after the end.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Where to listen; port 0 takes any free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4319")]
    listen: SocketAddr,

    /// Seconds in a time grain; Azure's finest is 60
    #[arg(long, value_name = "SECONDS", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..=3600))]
    grain: u32,
}

fn main() -> ExitCode {
    // Only mistakes in the arguments end with 2, which is what clap does.
    let options = Options::parse();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let runtime =
        runtime::Builder::new_current_thread().enable_all().build().context("Cannot start")?;
    let result = runtime.block_on(serve(options));
    // Work that is under way in another thread must not hold up the end.
    runtime.shutdown_timeout(Duration::from_millis(100));
    result
}

async fn serve(options: &Options) -> Result<()> {
    // Before anybody is told that it listens: a signal that comes right then must not kill it.
    let shutdown = signals().context("Cannot wait for signals")?;
    let store = Store::new(options.grain, Limits::default(), Timestamp::now);
    let server =
        Server::bind(options.listen, Arc::new(store)).await.map_err(|error| advise(&error))?;
    say(&format!("Listening on http://{}", server.local_addr()));
    say(&format!(
        "This is a stand-in for Application Insights, not the real service. To send it telemetry, \
         set:\nexport APPLICATIONINSIGHTS_CONNECTION_STRING='{}'",
        server.connection_string()
    ));
    server
        .serve(std::io::stdout(), std::io::stderr(), shutdown)
        .await
        .context("Cannot go on serving")
}

fn advise(error: &BindError) -> anyhow::Error {
    let advice = match error.source.kind() {
        std::io::ErrorKind::AddrInUse => {
            "is it running already? --listen 127.0.0.1:0 takes any free port"
        }
        _ => "choose another address with --listen",
    };
    anyhow::anyhow!("{error} ({advice})")
}

/// Says something on stderr. Unlike `eprintln!` it does not panic when nobody can hear it.
fn say(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{text}");
}

#[cfg(unix)]
fn signals() -> std::io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
fn signals() -> std::io::Result<impl Future<Output = ()> + Send> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
