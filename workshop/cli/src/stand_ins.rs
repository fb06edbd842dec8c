//! Both stand-ins, in this process.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use app_insights::alerts::{Alerts, Rule, Timing};
use app_insights::server::Server;
use app_insights::store::{Limits, Store};
use collector::Collector;
use jiff::Timestamp;

use crate::stop::Stop;

/// Where the stand-ins listen.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// OTLP over HTTP, of the Collector stand-in.
    pub collector: SocketAddr,
    /// Health checks, of the Collector stand-in.
    pub health: SocketAddr,
    /// Application Insights.
    pub app_insights: SocketAddr,
}

/// The stand-ins, listening but not yet answering.
pub struct StandIns {
    collector: Collector,
    app_insights: Server,
}

impl StandIns {
    /// Listens on `addresses`, on which port 0 is any free port.
    ///
    /// # Errors
    /// An address that cannot be listened on, with what to do about it.
    pub async fn bind(addresses: Addresses) -> Result<Self> {
        let otlp = addresses.collector.to_string();
        let collector = Collector::bind(&otlp, &addresses.health.to_string()).await;
        let collector = collector.map_err(|error| {
            if error.address == otlp {
                cannot_listen(
                    "the Collector stand-in",
                    "--collector",
                    addresses.collector,
                    &error.source,
                )
            } else {
                cannot_listen(
                    "the health check of the Collector stand-in",
                    "--health",
                    addresses.health,
                    &error.source,
                )
            }
        })?;
        // With the rule and the timing that the program `app-insights` has unless told otherwise.
        let timing = Timing::default();
        let alerts = Alerts::new(timing);
        alerts.add(Rule::slow(&timing))?;
        let grain = timing.grain_seconds();
        let store = Arc::new(Store::new(grain, Limits::default(), Timestamp::now));
        let app_insights = Server::bind(addresses.app_insights, store, Arc::new(alerts)).await;
        let app_insights = app_insights.map_err(|error| {
            let what = "the Application Insights stand-in";
            cannot_listen(what, "--app-insights", addresses.app_insights, &error)
        })?;
        Ok(Self { collector, app_insights })
    }

    /// Where they listen, with their real ports.
    ///
    /// # Errors
    /// Those of the system, which are not to be expected.
    pub fn addresses(&self) -> io::Result<Addresses> {
        Ok(Addresses {
            collector: self.collector.otlp_address()?,
            health: self.collector.health_address()?,
            app_insights: self.app_insights.local_addr(),
        })
    }

    /// What an app needs to know to send to the Application Insights stand-in.
    #[must_use]
    pub fn connection_string(&self) -> String {
        self.app_insights.connection_string()
    }

    /// Serves until it is time to stop. What arrives goes to stdout exactly as the two print it
    /// when they run alone: it is what the book shows.
    ///
    /// # Errors
    /// Those of the system, which are not to be expected.
    pub async fn serve(self, stop: Stop) -> Result<()> {
        let collector = self.collector.serve(io::stdout(), stop.clone().wait());
        let app_insights = self.app_insights.serve(io::stdout(), io::stderr(), stop.wait());
        tokio::try_join!(collector, app_insights).context("A stand-in cannot go on")?;
        Ok(())
    }
}

fn cannot_listen(
    what: &str,
    option: &str,
    address: SocketAddr,
    error: &io::Error,
) -> anyhow::Error {
    let advice = if error.kind() == ErrorKind::AddrInUse {
        "another program has that port, perhaps a stand-in in another terminal or the real one. \
         Stop that program"
    } else {
        &format!("{error}. Check the address")
    };
    anyhow!(
        "Cannot listen on {address} for {what}: {advice}, or take any free port with {option} \
         127.0.0.1:0, or leave out the stand-ins with --no-stand-ins"
    )
}
