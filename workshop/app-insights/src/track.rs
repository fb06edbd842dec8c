//! Takes telemetry by HTTP: reads a request, and answers it as the schema says.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tokio::task::spawn_blocking;

use crate::{
    app::App,
    body::{self, BodyError, Encoding, Framing},
    envelope::{Item, ItemError},
    receive::{Refusal, receive},
    report,
};

/// `POST /v2.1/track`.
pub(crate) async fn track(State(app): State<App>, request: Request) -> Response {
    let announced =
        framing(request.headers()).and_then(|framing| Ok((framing, encoding(request.headers())?)));
    let (framing, encoding) = match announced {
        Ok(announced) => announced,
        Err((status, message)) => return refuse(&app, status, message),
    };
    let received = match receive(request.into_body(), &app.reading).await {
        Ok(received) => received,
        Err((status, message)) => return refuse(&app, status, message),
    };
    // It fails only when the server is stopping, as does the work below.
    let unpacking = app.unpacking.clone().acquire_owned().await.ok();
    let held = app.clone();
    let take = move || {
        // Held here and not by the request: that one is gone as soon as its client is.
        let _unpacking = unpacking;
        let decoded = body::decode(&received.body, encoding, framing, app.store.now());
        drop(received);
        match decoded {
            Ok(items) => answer(&app, items),
            Err(error) => refuse(&app, status_of(&error), error.to_string()),
        }
    };
    spawn_blocking(take).await.unwrap_or_else(|_| {
        let message = "The stand-in failed".to_owned();
        refuse(&held, StatusCode::INTERNAL_SERVER_ERROR, message)
    })
}

fn status_of(error: &BodyError) -> StatusCode {
    match error {
        BodyError::TooLarge | BodyError::TooManyItems => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn framing(headers: &HeaderMap) -> Result<Framing, Refusal> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = value.unwrap_or_default().split(';').next().unwrap_or_default();
    match media_type.trim().to_ascii_lowercase().as_str() {
        "application/json" => Ok(Framing::Json),
        // The schema itself has it without the first half.
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

fn answer(app: &App, items: Vec<Result<Item, ItemError>>) -> Response {
    let points = items.iter().filter_map(|item| match item {
        Ok(Item::Metric(metric)) => Some(&metric.point),
        _ => None,
    });
    let recorded = app.store.record(points);
    for limit in recorded.reached {
        app.printer.err(format!("Limit reached: {limit}."));
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
    let status = match errors.len() {
        0 => StatusCode::OK,
        n if n < received => StatusCode::PARTIAL_CONTENT,
        _ => StatusCode::BAD_REQUEST,
    };
    if accepted > 0 {
        app.printer.out(line);
    } else {
        app.printer.err(line);
    }
    respond(status, &TrackResponse { items_received: received, items_accepted: accepted, errors })
}

/// Refuses a request of which no item could be read, in the same form.
fn refuse(app: &App, status: StatusCode, message: String) -> Response {
    let code = status.as_u16();
    app.printer.err(format!("refused a request with {code}: {}", report::excerpt(&message)));
    respond(
        status,
        &TrackResponse {
            items_received: 0,
            items_accepted: 0,
            errors: vec![ErrorDetails { index: 0, status_code: code, message }],
        },
    )
}

/// The answer, as the schema's `TrackResponse` has it.
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

fn respond(status: StatusCode, body: &TrackResponse) -> Response {
    // Numbers and strings always have a JSON form.
    let json = serde_json::to_vec(body).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json")], json).into_response()
}
