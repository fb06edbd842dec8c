//! Tests of the stand-in as a program and as a library.

mod alerting;
mod alerts;
mod api;
mod envelope;
mod exporters;
mod guard;
mod items;
#[cfg(target_os = "linux")]
mod memory;
mod page_alerts;
mod page_metrics;
mod page_transactions;
mod program;
mod protocol;
mod python;
mod rules;
mod store;
mod support;
mod transactions;
