//! The stand-in as exporters, browsers and people use it.

mod alerting;
mod alerts;
mod api;
mod envelope;
mod exporters;
mod memory;
mod page_alerts;
mod page_metrics;
mod program;
mod protocol;
mod python;
mod rules;
mod store;
mod story;
mod support;
