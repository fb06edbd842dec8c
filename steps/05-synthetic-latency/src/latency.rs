//! A middleware that counts and times each request to the routes it wraps, whatever becomes of it.

use std::{slice, thread};

use axum::extract::{Request, State};
use axum::{middleware::Next, response::Response};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};
use tokio::time::Instant;

#[derive(Clone)]
pub struct Instruments {
    count: Counter<u64>,
    latency: Histogram<f64>,
}

impl Instruments {
    pub fn new(meter: &Meter) -> Self {
        let count = meter.u64_counter("request-count").with_unit("{request}");
        let latency = meter.f64_histogram("request-latency").with_unit("ms");
        Self {
            count: count.with_description("Requests, the failed ones too").build(),
            latency: latency.with_description("Time from request to answer").build(),
        }
    }
}

pub async fn measure(State(to): State<Instruments>, request: Request, next: Next) -> Response {
    // Tokio's clock is monotonic, and a test can pause it and set it forward.
    let mut measurement = Measurement { to, started: Instant::now(), status: None };
    let response = next.run(request).await;
    measurement.status = Some(response.status().as_u16().into());
    response
}

/// Records itself when dropped, for that happens in any case: after the answer, when the handler
/// panics, and when the request is given up half done, mostly because the client went away.
struct Measurement {
    to: Instruments,
    started: Instant,
    status: Option<i64>,
}

impl Drop for Measurement {
    fn drop(&mut self) {
        // Few values each: every new one, such as a name, would be one more series to pay for.
        let outcome = match self.status {
            Some(status) => KeyValue::new("http.response.status_code", status),
            None if thread::panicking() => KeyValue::new("error.type", "panic"),
            None => KeyValue::new("error.type", "aborted"),
        };
        let latency = self.started.elapsed().as_secs_f64() * 1000.0;
        self.to.count.add(1, slice::from_ref(&outcome));
        self.to.latency.record(latency, slice::from_ref(&outcome));
    }
}
