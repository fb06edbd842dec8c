//! The web app: gives each visitor a verdict, naughty or nice.

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
        // Measures the routes above this line: no redirects, no icons.
        .route_layer(from_fn_with_state(instruments, measure))
        .route("/{name}", get(add_slash))
        // Browsers request an icon on their own: "favicon.ico" is not a visitor's name.
        .route("/favicon.ico", get(StatusCode::NOT_FOUND))
        .fallback((StatusCode::NOT_FOUND, "Who is asking? Try /Ada/"))
}

async fn naughty_or_nice(Path(name): Path<String>) -> Result<Html<String>, StatusCode> {
    // A blank name or one with control characters would leave a hole in the page.
    if name.trim().is_empty() || name.contains(char::is_control) {
        return Err(StatusCode::BAD_REQUEST);
    }
    let verdict = if fastrand::bool() { "naughty" } else { "nice" };
    // The name comes from the client: unescaped, it could inject a script.
    let name = html_escape::encode_text(&name);
    Ok(Html(format!("{name}, you have been very {verdict} this year!")))
}

async fn add_slash(uri: Uri) -> Redirect {
    Redirect::temporary(&format!("{}/", uri.path()))
}
