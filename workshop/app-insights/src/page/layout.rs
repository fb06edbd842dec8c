//! The common parts of all screens.

use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::site::Site;

/// The values for the common parts of the templates.
pub(super) struct Shell {
    pub(super) title: String,
    /// The address of this screen's navigation entry.
    pub(super) here: &'static str,
    /// The time between two reloads without scripts, in seconds.
    pub(super) reload: Option<u32>,
    /// The address of the same screen without reloads.
    pub(super) still: String,
    /// The time zone of all times, and the current time.
    pub(super) zone: String,
    pub(super) now: String,
}

impl Shell {
    pub(super) fn new(site: &Site, title: &str, here: &'static str) -> Self {
        let now = site.store.now().to_zoned(site.zone.clone());
        let offset = now.strftime("UTC%:z").to_string();
        let zone = match site.zone.iana_name() {
            Some(name) if !["UTC", "Etc/UTC"].contains(&name) => format!("{name} ({offset})"),
            Some(_) => "UTC".to_owned(),
            None => offset,
        };
        Self {
            title: title.to_owned(),
            here,
            reload: None,
            still: String::new(),
            zone,
            now: now.strftime("%F %T").to_string(),
        }
    }

    /// Makes the screen reload every few seconds without scripts, unless `still`.
    pub(super) fn reloading(mut self, address: &str, still: bool) -> Self {
        let joint = if address.contains('?') { '&' } else { '?' };
        if !still {
            self.reload = Some(10);
            self.still = format!("{address}{joint}{STILL}=1");
        }
        self
    }
}

/// The parameter that turns reloads off.
pub(super) const STILL: &str = "still";

/// A response with a rendered template.
pub(super) fn html(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => {
            (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
        }
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "The stand-in failed.\n").into_response(),
    }
}
