//! The promises of the steps, on the real programs or on a clock that a test moves.

mod alert;
mod contract;
mod drawn;
mod experiments;
mod faults;
mod gateway;
mod latency;
mod layer;
mod logs;
mod output;
mod prometheus;
mod real_collector;
mod recording;
mod signals;
mod sizing;
mod telemetry;
mod temporality;
mod traces;
