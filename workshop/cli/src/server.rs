//! Shows the book in a browser, always the last edition that could be built.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;
use std::{io, str};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::{Json, Router, routing::get};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::site::Site;
use crate::stop::{GRACE, Stop};

const HTML: &str = "text/html; charset=utf-8";
const RELOAD: &str = include_str!("reload.js");
/// Text that does not change while it is shown, whatever the browser remembers of the last time.
const FRESH: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

/// What is shown at a moment.
#[derive(Clone, Debug)]
pub struct Edition {
    /// Another for each edition, of an earlier run too: a page that is still open from then is
    /// loaded again.
    id: String,
    site: Arc<Site>,
    /// Why there is no newer one.
    problem: Option<String>,
}

impl Edition {
    /// A book that was just built.
    #[must_use]
    pub fn new(site: Site) -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { id: now.as_nanos().to_string(), site: Arc::new(site), problem: None }
    }

    /// The same book, with a note on why there is no newer one.
    #[must_use]
    pub fn with_problem(&self, problem: String) -> Self {
        Self { problem: Some(problem), ..self.clone() }
    }
}

/// Listens on a port of this machine alone, but does not answer yet.
///
/// # Errors
/// When the port is taken or not allowed.
pub async fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

/// Shows the editions until it is time to stop.
///
/// # Errors
/// Those of the system, which are not to be expected.
pub async fn serve(
    listener: TcpListener,
    edition: watch::Receiver<Edition>,
    stop: Stop,
) -> io::Result<()> {
    let router = Router::new()
        .route("/.workshop/state", get(state))
        .route("/.workshop/reload.js", get(reload))
        .route("/", get(front))
        .route("/{*path}", get(page))
        .with_state(edition);
    let served = axum::serve(listener, router).with_graceful_shutdown(stop.clone().wait());
    let deadline = async {
        stop.wait().await;
        // A client that is stuck must not keep the program alive.
        sleep(GRACE).await;
    };
    tokio::select! {
        served = served => served,
        () = deadline => Ok(()),
    }
}

/// What the script in a page asks for.
#[derive(Serialize)]
struct Now {
    edition: String,
    problem: Option<String>,
}

async fn state(State(edition): State<watch::Receiver<Edition>>) -> impl IntoResponse {
    let edition = edition.borrow().clone();
    ([FRESH], Json(Now { edition: edition.id, problem: edition.problem }))
}

async fn reload() -> impl IntoResponse {
    ([FRESH, (header::CONTENT_TYPE, "text/javascript")], RELOAD)
}

async fn front(edition: State<watch::Receiver<Edition>>) -> Response {
    page(edition, Path(String::new())).await
}

async fn page(
    State(edition): State<watch::Receiver<Edition>>,
    Path(mut path): Path<String>,
) -> Response {
    let edition = edition.borrow().clone();
    if path.is_empty() || path.ends_with('/') {
        path.push_str("index.html");
    }
    let Some(file) = edition.site.get(&path) else {
        let text = "<!doctype html><title>No such page</title><body><p>There is no such page. \
                    <a href=\"/\">The book begins here.</a></p></body>";
        return (StatusCode::NOT_FOUND, [FRESH], Html(with_reload(text, &edition.id)))
            .into_response();
    };
    let media_type = media_type(&path);
    // The page for printing prints itself whenever it is loaded.
    if media_type == HTML
        && path != "print.html"
        && let Ok(html) = str::from_utf8(file)
    {
        return ([FRESH], Html(with_reload(html, &edition.id))).into_response();
    }
    ([FRESH, (header::CONTENT_TYPE, media_type)], Bytes::clone(file)).into_response()
}

fn with_reload(html: &str, edition: &str) -> String {
    let script =
        format!(r#"<script src="/.workshop/reload.js" data-edition="{edition}"></script>"#);
    match html.rfind("</body>") {
        Some(end) => format!("{}{script}{}", &html[..end], &html[end..]),
        None => html.to_owned(),
    }
}

/// Of what a book is made of. A browser shows an SVG or applies a style sheet only under its name.
fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => HTML,
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
