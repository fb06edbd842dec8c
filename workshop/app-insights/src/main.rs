//! The stand-in as a program. Run with `cargo run -p app-insights`.

use std::{net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use app_insights::{
    alerts::Alerts,
    condition,
    limits::Limits,
    rule::Rule,
    server::{BindError, Server},
    store::Store,
    timing::Timing,
    webhook::Webhook,
};
use clap::{CommandFactory, Parser, error::ErrorKind};
use jiff::Timestamp;
use tokio::runtime;

/// A stand-in for Azure Application Insights: takes telemetry on your own machine.
///
/// Point an app at it with the connection string that it prints when it starts. Every batch that
/// it accepts is one line on stdout; everything else goes to stderr, such as a line for every alert
/// that fires or is resolved. Nothing is sent anywhere unless you name a webhook, and nothing is
/// kept after the end.
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

    /// An alert rule, such as 'busy: total request-count > 100 over 30s'; may be given repeatedly
    ///
    /// NAME: {avg|min|max|total|count} METRIC {>|>=|<|<=} NUMBER [UNIT] [where KEY includes VALUE
    /// [or VALUE] [and ...]] [over 30s] [every 10s] [severity 2] [namespace NAMESPACE]
    ///
    /// The rule slow is there from the start: avg request-latency > 1000 ms. One of this name
    /// takes its place.
    #[arg(long = "rule", value_name = "RULE")]
    rules: Vec<String>,

    /// Where to POST the common alert schema when an alert fires or is resolved; http alone
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
}

impl Options {
    fn timing(&self) -> Timing {
        if self.azure_timing { Timing::azure() } else { Timing::of_grain(self.grain) }
    }

    /// The rules to begin with.
    fn alerts(&self) -> Result<Alerts, String> {
        let timing = self.timing();
        let parsed = self.rules.iter().map(|line| condition::parse(line, &timing));
        let rules: Vec<Rule> = parsed.collect::<Result<_, _>>().map_err(|e| e.to_string())?;
        let slow = Rule::slow(&timing);
        let slow = Some(slow).filter(|slow| rules.iter().all(|rule| rule.name != slow.name));
        let alerts = Alerts::new(timing);
        let add = |rule| alerts.add(rule).map_err(|error| error.to_string());
        slow.into_iter().chain(rules).try_for_each(add)?;
        Ok(alerts)
    }
}

fn main() -> ExitCode {
    // Only mistakes in the arguments end with 2, which is what clap does.
    let options = Options::parse();
    let wrong = |option: &str, message: String| -> ! {
        let message = format!("--{option}: {message}");
        Options::command().error(ErrorKind::ValueValidation, message).exit()
    };
    let alerts = options.alerts().unwrap_or_else(|message| wrong("rule", message));
    // Not by clap itself: it would repeat the URL, in which there may be a secret.
    let webhook = options.webhook.as_ref().map(|url| url.parse::<Webhook>());
    let webhook = webhook.transpose().unwrap_or_else(|error| wrong("webhook", error.to_string()));
    match run(&options, alerts, webhook) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options, alerts: Alerts, webhook: Option<Webhook>) -> Result<()> {
    let runtime =
        runtime::Builder::new_current_thread().enable_all().build().context("Cannot start")?;
    let result = runtime.block_on(serve(options, alerts, webhook));
    // Work that is under way in another thread must not hold up the end.
    runtime.shutdown_timeout(Duration::from_millis(100));
    result
}

async fn serve(options: &Options, alerts: Alerts, webhook: Option<Webhook>) -> Result<()> {
    // Before anybody is told that it listens: a signal that comes right then must not kill it.
    let shutdown = signals::stop().context("Cannot wait for signals")?;
    let store = Store::new(alerts.timing().grain_seconds(), Limits::default(), Timestamp::now);
    let server =
        Server::bind(options.listen, Arc::new(store)).await.map_err(|error| advise(&error))?;
    let server = server.watching(Arc::new(alerts));
    let server = match webhook {
        Some(webhook) => server.notifying(webhook),
        None => server,
    };
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
