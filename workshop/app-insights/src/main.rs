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

/// A stand-in for Azure Application Insights: receives telemetry on your own machine.
///
/// When the stand-in starts, it prints a connection string. Give this string to an app. The
/// stand-in prints one line on stdout for every accepted batch. All other lines go to stderr, such
/// as a line for every alert that fires or is resolved. The stand-in sends no data anywhere, and
/// keeps none after it stops.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// The address to listen on; port 0 selects a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4319")]
    listen: SocketAddr,

    /// The length of a time grain in seconds; the shortest in Azure is 60
    #[arg(long, value_name = "SECONDS", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..=3600))]
    grain: u32,

    /// The grain, the window and the frequency as in Azure: 60 s, 5 min and 1 min
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
    // Unfinished work in another thread must not delay the exit.
    runtime.shutdown_timeout(Duration::from_millis(100));
    result
}

async fn serve(options: &Options) -> Result<()> {
    // Before the address is printed, because a signal that arrives immediately afterward must not
    // kill the program.
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
        .context("Cannot continue to serve requests")
}

fn advise(addr: SocketAddr, error: &std::io::Error) -> anyhow::Error {
    let advice = match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "is the stand-in already running? --listen 127.0.0.1:0 selects a free port"
        }
        _ => "choose another address with --listen",
    };
    anyhow!("Cannot listen on {addr}: {error} ({advice})")
}

/// Prints a line on stderr. Unlike `eprintln!`, this function does not panic if stderr is closed.
fn print_error(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{text}");
}
