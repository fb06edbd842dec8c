//! An app like step 05 that sends its envelopes only at the end, for the tests of the check. With
//! FAULT=no-drop, it counts a request after its response, so it does not count aborted requests.
//! With FAULT=other-type, it records an aborted request as a timeout.

use std::{
    collections::BTreeMap,
    env,
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Path, Request},
    http::StatusCode,
    middleware::{Next, from_fn},
    response::{Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use serde_json::json;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The times in milliseconds, by attribute.
static TIMES: Mutex<BTreeMap<(&str, String), Vec<f64>>> = Mutex::new(BTreeMap::new());

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let interval = env::var("OTEL_METRIC_EXPORT_INTERVAL")?;
    interval.parse::<u64>().map_err(|_| "OTEL_METRIC_EXPORT_INTERVAL is invalid")?;
    let string = env::var("APPLICATIONINSIGHTS_CONNECTION_STRING")?;
    let (_, address) = string.split_once("=http://").ok_or("the connection string is invalid")?;
    let port: u16 = env::var("PORT")?.parse()?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let stop = signals::stop()?;
    eprintln!("Listening on http://{}", listener.local_addr()?);
    let redirect =
        |uri: axum::http::Uri| async move { Redirect::temporary(&format!("{}/", uri.path())) };
    let app = Router::new()
        .route("/{name}/", get(verdict))
        .route_layer(from_fn(measure))
        .route("/{name}", get(redirect))
        .route("/favicon.ico", get(StatusCode::NOT_FOUND))
        .fallback(StatusCode::NOT_FOUND);
    axum::serve(listener, app).with_graceful_shutdown(stop).await?;
    send(address.trim_end_matches('/'))
}

async fn verdict(Path(name): Path<String>) -> std::result::Result<String, StatusCode> {
    if name.trim().is_empty() || name.contains(char::is_control) {
        return Err(StatusCode::BAD_REQUEST);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    Ok(name)
}

struct Measurement {
    started: Instant,
    status: Option<u16>,
}

async fn measure(request: Request, next: Next) -> Response {
    let mut measurement = Measurement { started: Instant::now(), status: None };
    let response = next.run(request).await;
    measurement.status = Some(response.status().as_u16());
    response
}

impl Drop for Measurement {
    fn drop(&mut self) {
        let attribute = match self.status {
            Some(status) => ("http.response.status_code", status.to_string()),
            None => match env::var("FAULT").as_deref() {
                Ok("no-drop") => return,
                Ok("other-type") => ("error.type", "timeout".to_string()),
                _ => ("error.type", "aborted".to_string()),
            },
        };
        let mut times = TIMES.lock().unwrap_or_else(PoisonError::into_inner);
        times.entry(attribute).or_default().push(self.started.elapsed().as_secs_f64() * 1000.0);
    }
}

fn send(address: &str) -> Result<()> {
    let mut envelopes = Vec::new();
    for ((key, value), times) in &*TIMES.lock().unwrap_or_else(PoisonError::into_inner) {
        let count = times.len();
        let min = times.iter().copied().reduce(f64::min);
        let max = times.iter().copied().reduce(f64::max);
        let sum: f64 = times.iter().sum();
        let points = [
            json!({ "name": "request-count", "value": count }),
            json!({ "name": "request-latency", "value": sum, "count": count, "min": min, "max": max }),
        ];
        envelopes.extend(points.map(|point| {
            json!({
                "name": "Microsoft.ApplicationInsights.Metric",
                "time": Timestamp::now().to_string(),
                "iKey": "none",
                "data": { "baseType": "MetricData", "baseData": {
                    "ver": 2,
                    "metrics": [point],
                    "properties": { *key: value, "service.name": "naughty-or-nice" },
                } },
            })
        }));
    }
    let body = serde_json::to_string(&envelopes)?;
    let mut connection = TcpStream::connect(address)?;
    write!(
        connection,
        "POST /v2.1/track HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    connection.read_to_end(&mut Vec::new())?;
    Ok(())
}
