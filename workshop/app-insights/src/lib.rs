//! A stand-in for the ingestion endpoint of Azure Application Insights.
//!
//! The paths, the envelopes, the limits and the responses are those of the published schema
//! ([`SCHEMA`]), so an exporter works with the stand-in as it does with Azure. Metrics and
//! transactions are kept in bounded memory, and alert rules evaluate the metrics.
//!
//! Each module uses only the modules above it:
//!
//! - [`store`] aggregates metrics by time grain and keeps transactions, within its limits;
//!   [`mod@format`] formats names and numbers; `printer` prints lines; `background` limits slow
//!   work; `body` reads request bodies.
//! - [`alerts`] evaluates rules and keeps their alerts; [`transactions`] selects and arranges spans
//!   and logs.
//! - [`ingest`] receives telemetry, `api` responds with JSON, `page` renders the screens.
//! - `guard` refuses requests from other websites, [`server`] connects all modules.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use app_insights::{alerts::{Alerts, Timing}, server::Server, store::{Limits, Store}};
//! use jiff::Timestamp;
//!
//! // A test passes a clock that it controls.
//! let store = Arc::new(Store::new(10, Limits::default(), Timestamp::now));
//! let alerts = Arc::new(Alerts::new(Timing::default()));
//! let server = Server::bind(([127, 0, 0, 1], 0).into(), store, alerts).await?;
//! println!("{}", server.connection_string());
//! server.serve(std::io::stdout(), std::io::stderr(), std::future::pending()).await?;
//! # Ok(())
//! # }
//! ```

pub mod alerts;
mod api;
mod background;
mod body;
pub mod format;
mod guard;
pub mod ingest;
mod page;
mod printer;
pub mod server;
pub mod store;
pub mod transactions;

/// The schema of the envelopes, in the repository `Azure/azure-rest-api-specs`.
pub const SCHEMA: &str =
    "specification/applicationinsights/data-plane/Monitor.Exporters/preview/v2.1/swagger.json";

/// The command that sets the environment variable of the steps to `connection_string`, for
/// PowerShell or for `sh`.
pub fn set_command(connection_string: &str, for_powershell: bool) -> String {
    let assignment = format!("APPLICATIONINSIGHTS_CONNECTION_STRING='{connection_string}'");
    if for_powershell {
        format!("$env:{}", assignment.replacen('=', " = ", 1))
    } else {
        format!("export {assignment}")
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_shell_has_its_command() {
        let command = |for_powershell| super::set_command("a=b;c", for_powershell);
        assert_eq!(command(false), "export APPLICATIONINSIGHTS_CONNECTION_STRING='a=b;c'");
        assert_eq!(command(true), "$env:APPLICATIONINSIGHTS_CONNECTION_STRING = 'a=b;c'");
    }
}
