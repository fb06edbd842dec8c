//! Serves the newest edition of the book, and reloads the open pages when there is a newer one.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use axum::Router;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{self, Request, State};
use axum::handler::HandlerWithoutStateExt as _;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::files::files_in;
use crate::output::write_with_folders;
use crate::stop::GRACE;

/// A folder for one build of the book. The folder is removed when the edition is dropped.
#[derive(Clone, Debug)]
pub struct Edition(Arc<TempDir>);

impl Edition {
    /// An empty folder.
    pub fn new() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("edition-").tempdir();
        Ok(Self(Arc::new(folder.context("Cannot create a temporary folder")?)))
    }

    /// An earlier edition that was kept in `folder`.
    pub fn copy_of(folder: &Path) -> Result<Self> {
        let edition = Self::new()?;
        copy(folder, edition.folder()).context("Cannot copy an earlier edition of the book")?;
        Ok(edition)
    }

    /// A page with an error, which reloads itself until there is a book.
    pub fn of_error(error: &str) -> Result<Self> {
        let edition = Self::new()?;
        let error = error.replace('&', "&amp;").replace('<', "&lt;");
        let page = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
             <meta http-equiv=\"refresh\" content=\"2\"><title>No book yet</title>\
             <h1>The book cannot be built</h1><pre style=\"white-space: pre-wrap\">{error}</pre>"
        );
        fs::write(edition.folder().join("index.html"), page).context("Cannot write a page")?;
        Ok(edition)
    }

    /// Replaces the edition that is kept in `folder` by this one.
    pub fn keep(&self, folder: &Path) -> io::Result<()> {
        let parent = folder.parent().unwrap_or(folder);
        fs::create_dir_all(parent)?;
        // A partial edition must not replace a complete one.
        let new = tempfile::tempdir_in(parent)?;
        copy(self.folder(), &new.path().join("book"))?;
        match fs::rename(folder, new.path().join("old")) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::rename(new.path().join("book"), folder)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    /// The path of the WebSocket that reloads the pages of this edition. mdBook adds a script to
    /// each page that connects to it.
    pub fn live_reload(&self) -> String {
        format!("live-reload/{}", self.id())
    }

    /// The name of the folder is random, so that editions of different runs differ, too.
    fn id(&self) -> String {
        self.folder().file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for file in files_in(from)? {
        write_with_folders(&to.join(&file), &fs::read(from.join(&file))?)?;
    }
    Ok(())
}

/// Listens on a port of the loopback address.
pub async fn bind(port: u16) -> Result<TcpListener> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| cannot_listen(address, "the book", "--port 0", &error))
}

/// The error for an address that cannot be used. `fix` are the options that avoid it.
pub(crate) fn cannot_listen(
    address: SocketAddr,
    what: &str,
    fix: &str,
    error: &io::Error,
) -> anyhow::Error {
    let advice = if error.kind() == ErrorKind::AddrInUse {
        "another program uses that port, perhaps cargo workshop or a stand-in in another \
         terminal. Stop that program"
    } else {
        &format!("{error}. Choose another address")
    };
    anyhow!("Cannot listen on {address} for {what}: {advice}, or use any free port with {fix}")
}

/// Serves the newest edition until `stop`.
pub async fn serve(
    listener: TcpListener,
    newest: watch::Receiver<Edition>,
    stop: CancellationToken,
) -> io::Result<()> {
    // A browser must not show a page of an earlier edition.
    let no_store = HeaderValue::from_static("no-store");
    let router = Router::new()
        .route("/live-reload/{edition}", get(live_reload))
        .fallback(file)
        .layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, no_store))
        .with_state(newest);
    let served =
        axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
    let deadline = async {
        stop.cancelled().await;
        // A client that never finishes its request must not keep the program alive.
        sleep(GRACE).await;
    };
    tokio::select! {
        served = served => served,
        () = deadline => Ok(()),
    }
}

async fn file(State(newest): State<watch::Receiver<Edition>>, request: Request) -> Response {
    // This clone keeps the folder until the file is open.
    let edition = newest.borrow().clone();
    let files = ServeDir::new(edition.folder()).not_found_service(not_found.into_service());
    files.oneshot(request).await.into_response()
}

async fn not_found() -> impl IntoResponse {
    let page = "<!doctype html><title>Page not found</title>\
                <p>This page does not exist. <a href=\"/\">Go to the start of the book.</a>";
    (StatusCode::NOT_FOUND, Html(page))
}

// A WebSocket instead of an event stream: a browser opens at most six event streams for a server,
// so a seventh page of the book would never load.
async fn live_reload(
    State(newest): State<watch::Receiver<Edition>>,
    extract::Path(id): extract::Path<String>,
    upgrade: WebSocketUpgrade,
) -> impl IntoResponse {
    // Pages send nothing.
    upgrade.max_message_size(1024).on_upgrade(move |socket| reload_at_change(socket, newest, id))
}

/// Reloads a page of the edition `id` as soon as there is a newer one.
async fn reload_at_change(mut socket: WebSocket, mut newest: watch::Receiver<Edition>, id: String) {
    let newer = tokio::select! {
        newer = newest.wait_for(|edition| edition.id() != id) => newer.is_ok(),
        // The page was closed.
        _ = socket.recv() => false,
    };
    if newer {
        // An error means that the page was closed.
        let _ = socket.send("reload".into()).await;
    }
}
