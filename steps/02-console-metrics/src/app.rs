//! The web app: tells whoever asks whether they have been naughty or nice.

use axum::extract::Path;
use axum::http::{StatusCode, Uri};
use axum::response::{Html, Redirect};
use axum::{Router, routing::get};
use opentelemetry_instrumentation_tower::http::server::Layer;

pub fn app() -> Router {
    Router::new()
        .route("/{name}/", get(naughty_or_nice))
        .route("/{name}", get(async |uri: Uri| Redirect::temporary(&format!("{}/", uri.path()))))
        // Browsers ask for an icon by themselves; it is not a visitor called "favicon.ico".
        .route("/favicon.ico", get(StatusCode::NOT_FOUND))
        .fallback((StatusCode::NOT_FOUND, "Who is asking? Try /Ada/"))
        // Measures every request. It looks up the global meter, so `telemetry::init` goes first.
        // Mind: `url.scheme` stays empty, any method is believed, and a request that panics or
        // loses its client counts as active for ever and is never timed.
        .layer(Layer::new())
}

async fn naughty_or_nice(Path(name): Path<String>) -> Result<Html<String>, StatusCode> {
    // A name that is blank, or has a control character, would leave a hole in the page.
    if name.trim().is_empty() || name.contains(char::is_control) {
        return Err(StatusCode::BAD_REQUEST);
    }
    let verdict = if fastrand::bool() { "naughty" } else { "nice" };
    // A stranger chooses the name: unescaped, it could bring a script along.
    let name = html_escape::encode_text(&name);
    Ok(Html(format!("{name}, you have been very {verdict} this year!")))
}
