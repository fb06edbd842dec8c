//! The JSON API: metrics, rules and alerts.

mod metrics;
mod rules;

use std::time::Duration;

use axum::{
    Router,
    body::{Body, HttpBody, to_bytes},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, delete, get},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::server::App;

/// The largest body of a request to the API, in bytes.
const MAX_BODY: usize = 64 << 10;
/// How long a body may take to arrive.
const READ_TIME: Duration = Duration::from_secs(10);

/// The API's routes, for the guarded part of the server.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/api/metrics", get(metrics::list))
        .route("/api/points", get(metrics::points))
        .route("/api/rules", get(rules::list).post(rules::add))
        .route("/api/rules/{name}", delete(rules::remove))
        .route("/api/alerts", get(rules::alerts))
        .route("/api", any(nothing))
        .route("/api/", any(nothing))
        .route("/api/{*path}", any(nothing))
        .method_not_allowed_fallback(async || {
            error(StatusCode::METHOD_NOT_ALLOWED, "This path does not take this method")
        })
}

/// For a path that leads nowhere.
async fn nothing() -> Response {
    let sentence =
        "There are /api/metrics, /api/points, /api/rules and /api/alerts: use one of them";
    error(StatusCode::NOT_FOUND, sentence)
}

/// An error with a sentence.
pub(crate) fn error(status: StatusCode, sentence: impl Into<String>) -> Response {
    let sentence: String = sentence.into();
    answer(status, &json!({"error": sentence}))
}

fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    // Numbers, strings and lists always have a JSON form.
    let json = serde_json::to_vec(body).unwrap_or_default();
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, json).into_response()
}

/// Makes an answer where it holds up nobody.
async fn in_background(
    app: App,
    make: impl FnOnce(&App) -> Result<Value, String> + Send + 'static,
) -> Response {
    let background = app.background.clone();
    let respond = move || match make(&app) {
        Ok(json) => answer(StatusCode::OK, &json),
        Err(sentence) => error(StatusCode::BAD_REQUEST, sentence),
    };
    let failed = || error(StatusCode::INTERNAL_SERVER_ERROR, "The stand-in failed");
    background.run(respond).await.unwrap_or_else(failed)
}

/// Reads a body of JSON. The content type has to say so: a form of another site cannot, unless the
/// browser asks first.
async fn read<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Box<Response>> {
    let refuse = |status, sentence: String| Box::new(error(status, sentence));
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case("application/json") {
        let sentence = "Send the body as Content-Type: application/json";
        return Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence.into()));
    }
    let too_large = || {
        let sentence = format!("The body is larger than {MAX_BODY} bytes: shorten it");
        refuse(StatusCode::PAYLOAD_TOO_LARGE, sentence)
    };
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(too_large());
    }
    let body = timeout(READ_TIME, to_bytes(body, MAX_BODY)).await.map_err(|_| {
        let sentence = "The body took too long to arrive: send it at once";
        refuse(StatusCode::REQUEST_TIMEOUT, sentence.into())
    })?;
    let body = body.map_err(|_| too_large())?;
    serde_json::from_slice(&body).map_err(|error| {
        refuse(StatusCode::BAD_REQUEST, format!("The body cannot be read: {error}"))
    })
}
