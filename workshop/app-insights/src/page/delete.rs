//! Deletes a rule, after asking whether that is meant.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{RawQuery, Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use super::{
    Site, body, layout::Shell, names::shown, params::Params, problem::Problem, site::html,
};

/// `GET /alerts/delete?name=NAME` asks.
pub(super) async fn screen(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Response {
    site.render(move |site| {
        let params = Params::of(query.as_deref());
        let name = params.text("name");
        if !site.alerts.watched().iter().any(|watched| watched.rule.name == name) {
            return Err(Problem::no_rule(name));
        }
        let shell = Shell::new(site, "Delete an alert rule", "/alerts");
        Ok(html(StatusCode::OK, &Screen { shell, name, shown: shown(name) }))
    })
    .await
}

/// `POST /alerts/delete` does it.
pub(super) async fn delete(State(site): State<Arc<Site>>, request: Request) -> Response {
    let params = match body::read(request).await {
        Ok(params) => params,
        Err(problem) => return problem.respond(&site),
    };
    let name = params.text("name");
    if site.alerts.remove(name) {
        Redirect::to("/alerts").into_response()
    } else {
        Problem::no_rule(name).respond(&site)
    }
}

#[derive(Template)]
#[template(path = "delete.html")]
struct Screen<'a> {
    shell: Shell,
    /// As a form sends it.
    name: &'a str,
    shown: String,
}
