//! Both stand-ins, in this process.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use app_insights::alerts::{Alerts, Timing};
use app_insights::server::Server;
use app_insights::store::{Limits, Store};
use clap::Args;
use collector::Collector;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::server::cannot_listen;

/// The default of OTLP exporters.
pub const DEFAULT_COLLECTOR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4318);

/// The options that avoid a used port.
const ANY_PORT: &str = "127.0.0.1:0, or start without the stand-ins with --no-stand-ins";

/// The addresses of the stand-ins.
#[derive(Args, Clone, Copy, Debug)]
pub struct Addresses {
    /// The address of the Collector stand-in, for OTLP over HTTP
    #[arg(long, value_name = "ADDRESS", default_value_t = DEFAULT_COLLECTOR, value_parser = loopback)]
    pub collector: SocketAddr,

    /// The address of the Collector stand-in's health check
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:13133", value_parser = loopback)]
    pub health: SocketAddr,

    /// The address of the Application Insights stand-in
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4319", value_parser = loopback)]
    pub app_insights: SocketAddr,
}

/// The stand-ins accept any telemetry, so other machines must not reach them.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: Option<SocketAddr> = text.parse().ok();
    address
        .filter(|address| address.ip().is_loopback())
        .ok_or_else(|| "use a loopback address and a port, such as 127.0.0.1:0".to_owned())
}

/// The stand-ins. They listen, but do not respond before [`StandIns::serve`].
pub struct StandIns {
    collector: Collector,
    app_insights: Server,
}

impl StandIns {
    /// Listens on `addresses`. Port 0 is any free port.
    pub async fn bind(addresses: Addresses) -> Result<Self> {
        let otlp = addresses.collector.to_string();
        let collector = Collector::bind(&otlp, &addresses.health.to_string()).await;
        let collector = collector.map_err(|error| {
            let (what, option, address) = if error.address == otlp {
                ("the Collector stand-in", "--collector", addresses.collector)
            } else {
                ("the health check of the Collector stand-in", "--health", addresses.health)
            };
            cannot_listen(address, what, &format!("{option} {ANY_PORT}"), &error.source)
        })?;
        // The defaults of the program `app-insights`.
        let timing = Timing::default();
        let alerts = Alerts::new(timing);
        let grain = timing.grain_seconds();
        let store = Arc::new(Store::new(grain, Limits::default(), Timestamp::now));
        let app_insights = Server::bind(addresses.app_insights, store, Arc::new(alerts)).await;
        let app_insights = app_insights.map_err(|error| {
            let what = "the Application Insights stand-in";
            let fix = format!("--app-insights {ANY_PORT}");
            cannot_listen(addresses.app_insights, what, &fix, &error)
        })?;
        Ok(Self { collector, app_insights })
    }

    /// The addresses with their real ports.
    pub fn addresses(&self) -> io::Result<Addresses> {
        Ok(Addresses {
            collector: self.collector.otlp_address()?,
            health: self.collector.health_address()?,
            app_insights: self.app_insights.local_addr(),
        })
    }

    /// The connection string for the Application Insights stand-in.
    pub fn connection_string(&self) -> String {
        self.app_insights.connection_string()
    }

    /// Serves until `stop`. The output on stdout is the same as that of the two programs, which
    /// the book shows.
    pub async fn serve(self, stop: CancellationToken) -> Result<()> {
        let collector = self.collector.serve(io::stdout(), stop.clone().cancelled_owned());
        let app_insights =
            self.app_insights.serve(io::stdout(), io::stderr(), stop.cancelled_owned());
        tokio::try_join!(collector, app_insights).context("A stand-in failed")?;
        Ok(())
    }
}
