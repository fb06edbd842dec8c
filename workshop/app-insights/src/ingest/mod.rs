//! Receives telemetry over HTTP, and responds as the schema requires.

pub mod decode;
pub mod envelope;
pub mod report;
mod transaction;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Serialize;
use tokio::{sync::Semaphore, task::spawn_blocking};

use self::{
    decode::{BodyError, Encoding, Framing, MAX_SENT},
    envelope::{Item, ItemError},
};
use crate::{
    body::{self, Reader, Refusal},
    format,
    printer::Printer,
    store::{Entry, Point, Store},
};

/// The maximum number of bodies that are unpacked at the same time, because unpacked bodies take
/// the most memory.
const MAX_UNPACKING: usize = 1;

/// The state of the routes.
#[derive(Clone)]
pub(crate) struct Ingest {
    store: Arc<Store>,
    printer: Printer,
    reader: Reader,
    unpacking: Arc<Semaphore>,
}

impl Ingest {
    pub(crate) fn new(store: Arc<Store>, printer: Printer, reader: Reader) -> Self {
        Self { store, printer, reader, unpacking: Arc::new(Semaphore::new(MAX_UNPACKING)) }
    }
}

/// The paths of the ingestion endpoint.
pub(crate) fn routes(ingest: Ingest) -> Router {
    Router::new()
        .route("/v2/track", post(track))
        .route("/v2.1/track", post(track))
        // Python's exporter appends its path to the endpoint, and the endpoint in a connection
        // string from the portal ends with a slash.
        .route("//v2.1/track", post(track))
        .with_state(ingest)
}

/// `POST /v2.1/track`.
async fn track(State(ingest): State<Ingest>, request: Request) -> Response {
    match receive(&ingest, request).await {
        Ok(response) => response,
        Err((status, message)) => refuse(&ingest, status, message),
    }
}

async fn receive(ingest: &Ingest, request: Request) -> Result<Response, Refusal> {
    let framing = framing(request.headers())?;
    let encoding = encoding(request.headers())?;
    let received = ingest.reader.read(request.into_body(), MAX_SENT).await?;
    // Here and below, an error occurs only when the program ends.
    let permit = Arc::clone(&ingest.unpacking).acquire_owned().await.ok();
    let ingest = ingest.clone();
    let unpack = move || {
        // The thread holds the permit, because the request is dropped if its client disconnects.
        let _permit = permit;
        let items = decode::decode(&received.bytes, encoding, framing, ingest.store.now());
        drop(received);
        items
            .map(|items| answer(&ingest, items))
            .map_err(|error| (status_of(&error), error.to_string()))
    };
    let failed = |_| Err((StatusCode::INTERNAL_SERVER_ERROR, "The stand-in failed".to_owned()));
    spawn_blocking(unpack).await.unwrap_or_else(failed)
}

fn status_of(error: &BodyError) -> StatusCode {
    match error {
        BodyError::TooLarge | BodyError::TooManyItems => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn framing(headers: &HeaderMap) -> Result<Framing, Refusal> {
    match body::media_type(headers).as_str() {
        "application/json" => Ok(Framing::Json),
        // The schema itself omits the prefix `application/`.
        "application/x-json-stream" | "x-json-stream" => Ok(Framing::JsonStream),
        _ => Err((
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Content-Type must be application/json or application/x-json-stream".to_owned(),
        )),
    }
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Refusal> {
    let Some(value) = headers.get(header::CONTENT_ENCODING) else {
        return Ok(Encoding::Identity);
    };
    match value.to_str().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(Encoding::Identity),
        "gzip" | "x-gzip" => Ok(Encoding::Gzip),
        _ => Err((
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Content-Encoding must be gzip, or absent".to_owned(),
        )),
    }
}

/// The points of the metrics among `items`.
pub fn points(items: &[Result<Item, ItemError>]) -> impl Iterator<Item = &Point> {
    items.iter().filter_map(|item| match item {
        Ok(Item::Metric(metric)) => Some(&metric.point),
        _ => None,
    })
}

/// The entries of transactions among `items`.
pub fn entries(items: &[Result<Item, ItemError>]) -> impl Iterator<Item = Arc<Entry>> {
    items.iter().filter_map(|item| match item {
        Ok(Item::Entry(entry)) => Some(Arc::clone(entry)),
        _ => None,
    })
}

fn answer(ingest: &Ingest, items: Vec<Result<Item, ItemError>>) -> Response {
    let recorded = ingest.store.record(points(&items));
    let full = ingest.store.keep(entries(&items));
    for item in items.iter().flatten() {
        if let Item::Ignored(base) = item {
            ingest.store.ignore(base);
        }
    }
    for limit in recorded.reached.into_iter().chain(full) {
        ingest.printer.err(format!("Limit reached: {limit}."));
    }
    let line = report::line(&items, recorded.dropped);

    let received = items.len();
    let errors: Vec<ErrorDetails> = items
        .into_iter()
        .enumerate()
        .filter_map(|(index, item)| {
            let message = item.err()?.to_string();
            Some(ErrorDetails { index, status_code: StatusCode::BAD_REQUEST.as_u16(), message })
        })
        .collect();
    let accepted = received - errors.len();
    let status = match accepted {
        0 => StatusCode::BAD_REQUEST,
        n if n < received => StatusCode::PARTIAL_CONTENT,
        _ => StatusCode::OK,
    };
    if accepted > 0 {
        ingest.printer.out(line);
    } else {
        ingest.printer.err(line);
    }
    let body = TrackResponse { items_received: received, items_accepted: accepted, errors };
    (status, Json(body)).into_response()
}

/// Refuses a whole request, with a response of the same form.
fn refuse(ingest: &Ingest, status: StatusCode, message: String) -> Response {
    let status_code = status.as_u16();
    let shown = format::message(&message);
    ingest.printer.err(format!("refused a request with {status_code}: {shown}"));
    let errors = vec![ErrorDetails { index: 0, status_code, message }];
    let body = TrackResponse { items_received: 0, items_accepted: 0, errors };
    (status, Json(body)).into_response()
}

/// The schema's `TrackResponse`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TrackResponse {
    items_received: usize,
    items_accepted: usize,
    errors: Vec<ErrorDetails>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorDetails {
    index: usize,
    status_code: u16,
    message: String,
}
