//! Runs the stand-in on the Collector's usual ports: `cargo run -p collector`.

use std::io::{self, ErrorKind};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use clap::Parser;
use collector::{BindError, Collector, say};

/// A stand-in for the OpenTelemetry Collector: receives metrics, traces and logs over OTLP/HTTP
/// (Protobuf or JSON, gzip or not, POST /v1/metrics, /v1/traces, /v1/logs) and prints the text of the
/// Collector's debug exporter on stdout.
///
/// The stand-in has no gRPC, no configuration file, no pipelines and no other exporters. Ctrl-C stops
/// the program.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// The address for OTLP/HTTP; port 0 selects a free port
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:4318")]
    listen: String,
    /// The address for health checks (GET /); port 0 selects a free port
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:13133")]
    health: String,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let result = runtime.block_on(serve(options));
    // If the reader of stdout has stopped reading, the writing thread is blocked. Do not wait for
    // that thread.
    runtime.shutdown_timeout(Duration::from_millis(500));
    result
}

async fn serve(options: &Options) -> anyhow::Result<()> {
    let stop = signals::stop().context("cannot listen for Ctrl-C")?;
    let collector = Collector::bind(&options.listen, &options.health)
        .await
        .map_err(|error| advise(options, &error))?;
    let otlp = collector.otlp_address()?;
    let health = collector.health_address()?;
    say(&format!("Listening on http://{otlp}"));
    say(
        "This is a stand-in for the OpenTelemetry Collector: it only prints the metrics, traces and \
         logs sent to /v1/metrics, /v1/traces and /v1/logs, as the debug exporter does. No gRPC, no \
         pipelines, no other exporters.",
    );
    say(&format!("Health: http://{health}/"));
    collector.serve(io::stdout(), stop).await?;
    Ok(())
}

/// Adds advice to the error of an address.
fn advise(options: &Options, error: &BindError) -> anyhow::Error {
    let option = if error.address == options.listen { "--listen" } else { "--health" };
    let advice = match error.source.kind() {
        ErrorKind::AddrInUse => {
            "Another program has that port, perhaps another Collector. Stop that program, or use \
             another port"
        }
        _ => "Use an address of this machine",
    };
    anyhow!("{error}. {advice}, for example {option} 127.0.0.1:0")
}
