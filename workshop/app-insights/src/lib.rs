//! A stand-in for the ingestion endpoint of Azure Application Insights.
//!
//! An exporter that is pointed here cannot tell the difference: the paths, the envelopes, the
//! limits and the answers are those of the published schema ([`SCHEMA`]). What arrives is kept in
//! bounded memory, per metric, set of dimensions and time grain. Alert rules watch it.
//!
//! The way of a request: [`server`] routes it, `track` takes it, `receive` reads its body,
//! [`body`] unpacks it and splits it into items, [`envelope`] validates each, [`store`] adds up the
//! metrics within its [`limits`], [`report`] words the line that the terminal shows, and
//! [`printer`] prints it.
//!
//! The way of an alert: a [`rule`] makes one number of a window of the store by its
//! [`aggregation`], [`alerts`] decides what that means, `watch` does so when it is due, and tells the
//! terminal and the [`webhook`]. `api` serves all of it as JSON, behind `guard`.

// The example in the README is compiled, so that it stays true.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod aggregation;
pub mod alerts;
mod api;
mod app;
mod background;
pub mod body;
pub mod envelope;
mod evaluator;
pub mod format;
mod guard;
pub mod limits;
pub mod metric;
mod page;
pub mod printer;
mod receive;
pub mod report;
pub mod rule;
pub mod server;
pub mod store;
pub mod timing;
mod track;

/// The schema that envelopes are held to, in the repository `Azure/azure-rest-api-specs`.
pub const SCHEMA: &str =
    "specification/applicationinsights/data-plane/Monitor.Exporters/preview/v2.1/swagger.json";
