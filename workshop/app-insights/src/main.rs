//! The stand-in as a program. Run with `cargo run -p app-insights`.

use std::{net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, Result, anyhow};
use app_insights::{
    alerts::{Alerts, Timing},
    server::Server,
    store::{Limits, Store},
};
use clap::Parser;
use jiff::Timestamp;
use tokio::runtime;

/// A stand-in for Azure Application Insights: takes telemetry on your own machine.
///
/// Point an app at it with the connection string that it prints when it starts. Every accepted
/// batch is one line on stdout; everything else goes to stderr, such as a line for every alert that
/// fires or is resolved. Nothing is sent anywhere, and nothing is kept after the end.
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

    /// The grain, windows and frequency of Azure: 60 s, 5 min and 1 min
    #[arg(long, conflicts_with = "grain")]
    azure_timing: bool,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let runtime =
        runtime::Builder::new_current_thread().enable_all().build().context("Cannot start")?;
    let result = runtime.block_on(serve(options));
    // Unfinished work of another thread must not delay the end.
    runtime.shutdown_timeout(Duration::from_millis(100));
    result
}

async fn serve(options: &Options) -> Result<()> {
    // Before the address is printed: a signal that comes right after must not kill the program.
    let shutdown = signals::stop().context("Cannot wait for signals")?;
    let timing =
        if options.azure_timing { Timing::azure() } else { Timing::of_grain(options.grain) };
    let alerts = Alerts::new(timing);
    let store = Store::new(timing.grain_seconds(), Limits::default(), Timestamp::now);
    let server = Server::bind(options.listen, Arc::new(store), Arc::new(alerts))
        .await
        .map_err(|error| advise(options.listen, &error))?;
    print_error(&format!("Listening on http://{}", server.local_addr()));
    print_error(&format!(
        "This is a stand-in for Application Insights, not the real service. To send it telemetry, \
         set:\n{}",
        app_insights::set_command(&server.connection_string(), cfg!(windows))
    ));
    server
        .serve(std::io::stdout(), std::io::stderr(), shutdown)
        .await
        .context("Cannot go on serving")
}

fn advise(addr: SocketAddr, error: &std::io::Error) -> anyhow::Error {
    let advice = match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "is it running already? --listen 127.0.0.1:0 takes any free port"
        }
        _ => "choose another address with --listen",
    };
    anyhow!("Cannot listen on {addr}: {error} ({advice})")
}

/// Prints a line on stderr. Unlike `eprintln!` it does not panic when stderr is closed.
fn print_error(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{text}");
}
