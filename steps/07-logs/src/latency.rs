//! A middleware that counts and times every request to the routes that it wraps, including
//! requests that fail or are aborted.

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
    /// The names and the unit are the article's. The semantic conventions have one histogram for
    /// both, `http.server.request.duration`, in seconds.
    pub fn new(meter: &Meter) -> Self {
        Self {
            count: meter
                .u64_counter("request-count")
                .with_unit("{request}")
                .with_description("Requests, the failed ones too")
                .build(),
            latency: meter
                .f64_histogram("request-latency")
                .with_unit("ms")
                .with_description("Time from request to answer")
                .build(),
        }
    }
}

pub async fn measure(
    State(instruments): State<Instruments>,
    request: Request,
    next: Next,
) -> Response {
    // Tokio's clock is monotonic, and a test can pause it and advance it.
    let mut measurement = Measurement { instruments, started: Instant::now(), status: None };
    let response = next.run(request).await;
    measurement.status = Some(response.status().as_u16().into());
    response
}

/// Records itself when dropped. A drop happens after the response, when the handler panics, and
/// when the request is aborted, mostly because the client has disconnected.
struct Measurement {
    instruments: Instruments,
    started: Instant,
    status: Option<i64>,
}

impl Drop for Measurement {
    fn drop(&mut self) {
        // Each attribute has few values. Every new value, such as a name, would be another series.
        let outcome = match self.status {
            Some(status) => KeyValue::new("http.response.status_code", status),
            None if thread::panicking() => KeyValue::new("error.type", "panic"),
            None => KeyValue::new("error.type", "aborted"),
        };
        let latency = self.started.elapsed().as_secs_f64() * 1000.0;
        self.instruments.count.add(1, slice::from_ref(&outcome));
        self.instruments.latency.record(latency, slice::from_ref(&outcome));
    }
}
