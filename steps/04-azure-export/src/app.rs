//! The web app: tells whoever asks whether they have been naughty or nice.

use axum::extract::Path;
use axum::http::{StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::{Html, Redirect};
use axum::{Router, routing::get};
use opentelemetry::global;

use crate::latency::{Instruments, measure};

pub fn app() -> Router {
    let instruments = Instruments::new(&global::meter("naughty-or-nice"));
    Router::new()
        .route("/{name}/", get(naughty_or_nice))
        // Measures the routes above this line, so neither redirects nor icons.
        .route_layer(from_fn_with_state(instruments, measure))
        .route("/{name}", get(async |uri: Uri| Redirect::temporary(&format!("{}/", uri.path()))))
        // Browsers ask for an icon by themselves; it is not a visitor called "favicon.ico".
        .route("/favicon.ico", get(StatusCode::NOT_FOUND))
        .fallback((StatusCode::NOT_FOUND, "Who is asking? Try /Ada/"))
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
