//! The error screen.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    layout::{Shell, html},
    site::Site,
};
use crate::{body::Refusal, format::on_page, store::KEPT};

/// An error in a request.
pub(super) struct Problem {
    status: StatusCode,
    sentence: String,
}

impl Problem {
    pub(super) fn no_metric(key: &str) -> Self {
        Self::missing(format!(
            "There is no metric “{}” here. Either nothing of that name has arrived since the \
             stand-in was started, or it is older than 48 hours.",
            on_page(key)
        ))
    }

    pub(super) fn no_rule(name: &str) -> Self {
        Self::missing(format!("There is no alert rule “{}”. Was it deleted?", on_page(name)))
    }

    pub(super) fn no_transaction(operation: &str) -> Self {
        Self::missing(format!(
            "There is no transaction “{}” here. Either nothing of it has arrived, or that was more \
             than {} minutes ago.",
            on_page(operation),
            KEPT.as_mins()
        ))
    }

    pub(super) fn missing(sentence: String) -> Self {
        Self { status: StatusCode::NOT_FOUND, sentence }
    }

    /// The body was refused.
    pub(super) fn refused((status, sentence): Refusal) -> Self {
        Self { status, sentence: format!("{sentence}.") }
    }

    pub(super) fn respond(&self, site: &Site) -> Response {
        let shell = Shell::new(site, "Nothing to show", "");
        html(self.status, &Screen { shell, sentence: &self.sentence })
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Screen<'a> {
    shell: Shell,
    sentence: &'a str,
}

const TELEMETRY: &str = "Post telemetry to /v2.1/track\n";

/// The response for an unknown address: a screen for a browser, a line for other programs.
pub(super) async fn not_found(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("text/html")) {
        Problem::missing("This address does not exist.".to_owned()).respond(&site)
    } else {
        (StatusCode::NOT_FOUND, TELEMETRY).into_response()
    }
}

/// The response for a method that an address does not support.
pub(crate) fn not_allowed() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, TELEMETRY).into_response()
}
