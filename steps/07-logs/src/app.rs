//! The web app: gives each visitor a verdict, naughty or nice.

use anyhow::Error;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::{Html, Redirect, Result};
use axum::{Router, routing::get};
use opentelemetry::{global, trace::FutureExt};
use opentelemetry_instrumentation_tower::http::server::LayerBuilder;

use crate::latency::{Instruments, measure};
use crate::verdict::{self, Judge, ask, decide};

pub fn app(judge: Judge) -> Router {
    let layer = LayerBuilder::builder().with_metrics(false).build();
    let instruments = Instruments::new(&global::meter("naughty-or-nice"));
    Router::new()
        .route("/{name}/", get(naughty_or_nice))
        // Measures the routes above this line: no redirects, no icons.
        .route_layer(from_fn_with_state(instruments, measure))
        .route(verdict::PATH, get(decide))
        .route("/{name}", get(add_slash))
        // Browsers request an icon on their own: "favicon.ico" is not a visitor's name.
        .route("/favicon.ico", get(StatusCode::NOT_FOUND))
        .fallback((StatusCode::NOT_FOUND, "Who is asking? Try /Ada/"))
        // Records a span for every request. `latency.rs` has the metrics already.
        .layer(layer.expect("nothing in it can be wrong"))
        .with_state(judge)
}

async fn naughty_or_nice(
    State(judge): State<Judge>,
    Path(name): Path<String>,
) -> Result<Html<String>> {
    // A blank name or one with control characters would leave a hole in the page.
    if name.trim().is_empty() || name.contains(char::is_control) {
        return Err(StatusCode::BAD_REQUEST.into());
    }
    let no_verdict = (StatusCode::BAD_GATEWAY, "Nobody can tell now. Try again later.");
    // In a task of its own, so that a visitor who leaves does not interrupt the verdict. A new task
    // is outside of the trace, unless it takes the context along.
    let verdict = tokio::spawn(ask(judge).with_current_context()).await;
    let verdict = verdict.map_err(Error::from).flatten().map_err(|_| no_verdict)?;
    // The name comes from the client: unescaped, it could inject a script.
    let name = html_escape::encode_text(&name);
    Ok(Html(format!("{name}, you have been very {verdict} this year!")))
}

async fn add_slash(uri: Uri) -> Redirect {
    Redirect::temporary(&format!("{}/", uri.path()))
}
