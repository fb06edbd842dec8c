//! Both stand-ins, in this process.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use app_insights::alerts::Alerts;
use app_insights::limits::Limits;
use app_insights::rule::Rule;
use app_insights::server::Server;
use app_insights::store::Store;
use app_insights::timing::Timing;
use collector::Collector;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

/// The addresses of the stand-ins.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// OTLP over HTTP, of the Collector stand-in.
    pub collector: SocketAddr,
    /// The health check of the Collector stand-in.
    pub health: SocketAddr,
    /// Application Insights.
    pub app_insights: SocketAddr,
}

/// The stand-ins. They listen, and do not answer before [`StandIns::serve`].
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
            cannot_listen(what, option, address, &error.source)
        })?;
        // The defaults of the program `app-insights`.
        let timing = Timing::default();
        let alerts = Alerts::new(timing);
        alerts.add(Rule::slow(&timing))?;
        let grain = timing.grain_seconds();
        let store = Arc::new(Store::new(grain, Limits::default(), Timestamp::now));
        let app_insights = Server::bind(addresses.app_insights, store).await.map_err(|error| {
            let what = "the Application Insights stand-in";
            cannot_listen(what, "--app-insights", addresses.app_insights, &error.source)
        })?;
        Ok(Self { collector, app_insights: app_insights.watching(Arc::new(alerts)) })
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

    /// Serves until `stop`. The output on stdout is the same as that of the two programs, as the
    /// book shows it.
    pub async fn serve(self, stop: CancellationToken) -> Result<()> {
        let collector = self.collector.serve(io::stdout(), stop.clone().cancelled_owned());
        let app_insights =
            self.app_insights.serve(io::stdout(), io::stderr(), stop.cancelled_owned());
        tokio::try_join!(collector, app_insights).context("A stand-in failed")?;
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
        "another program uses that port, perhaps a stand-in in another terminal or the real \
         service. Stop that program"
    } else {
        &format!("{error}. Check the address")
    };
    anyhow!(
        "Cannot listen on {address} for {what}: {advice}, or use any free port with {option} \
         127.0.0.1:0, or start without the stand-ins with --no-stand-ins"
    )
}
