//! The About screen: the differences from Azure, and the same screens in the portal.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    layout::{Shell, html},
    site::Site,
};
use crate::{format, store::KEPT};

/// `GET /about`.
pub(super) async fn screen(State(site): State<Arc<Site>>) -> Response {
    let timing = site.alerts.timing();
    let screen = Screen {
        shell: Shell::new(&site, "How it differs from Azure", "/about"),
        grain: format::duration(site.store.grain()),
        window: format::duration(timing.window),
        frequency: format::duration(timing.frequency),
        minutes: KEPT.as_mins(),
        connection: &site.connection,
    };
    html(StatusCode::OK, &screen)
}

#[derive(Template)]
#[template(path = "about.html")]
struct Screen<'a> {
    shell: Shell,
    grain: String,
    window: String,
    frequency: String,
    minutes: i64,
    connection: &'a str,
}
