//! The metrics of step 02's layer without its span, which show how little they can cost.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use axum::body::HttpBody;
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Histogram, Meter, UpDownCounter};
use tower::Service;

/// A service, with the instruments and the attributes of the layer.
#[derive(Clone)]
pub struct Measured<S> {
    inner: S,
    duration: Histogram<f64>,
    response_size: Histogram<u64>,
    active: UpDownCounter<i64>,
}

impl<S> Measured<S> {
    pub fn new(inner: S, meter: &Meter) -> Self {
        Self {
            inner,
            duration: meter.f64_histogram("http.server.request.duration").build(),
            response_size: meter.u64_histogram("http.server.response.body.size").build(),
            active: meter.i64_up_down_counter("http.server.active_requests").build(),
        }
    }
}

impl<S> Service<Request> for Measured<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let started = Instant::now();
        let scheme = KeyValue::new("url.scheme", "");
        // All requests of the measurement are GET; the layer has a static text for each method.
        let method = KeyValue::new("http.request.method", "GET");
        let route = request.extensions().get::<MatchedPath>();
        let route = KeyValue::new("http.route", route.map_or("", MatchedPath::as_str).to_string());
        let Self { duration, response_size, active, .. } = self;
        let (duration, response_size, active) =
            (duration.clone(), response_size.clone(), active.clone());
        active.add(1, &[scheme.clone(), method.clone()]);
        let response = self.inner.call(request);
        Box::pin(async move {
            let response = response.await?;
            let status = i64::from(response.status().as_u16());
            let attributes = [
                KeyValue::new("network.protocol.name", "http"),
                KeyValue::new("network.protocol.version", "1.1"),
                scheme.clone(),
                method.clone(),
                KeyValue::new("http.response.status_code", status),
                route,
            ];
            duration.record(started.elapsed().as_secs_f64(), &attributes);
            if let Some(size) = response.body().size_hint().exact() {
                response_size.record(size, &attributes);
            }
            active.add(-1, &[scheme, method]);
            Ok(response)
        })
    }
}
