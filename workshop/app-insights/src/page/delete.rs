//! Deletes a rule, after a confirmation.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{RawQuery, Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use super::{
    layout::{Shell, html},
    params::Params,
    problem::Problem,
    respond::{read_form, render},
    site::Site,
};
use crate::format::on_page;

/// `GET /alerts/delete?name=NAME` asks for confirmation.
pub(super) async fn screen(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> Response {
    render(site, move |site| {
        let params = Params::of(query.as_deref());
        let name = params.text("name");
        if !site.alerts.watched().iter().any(|watched| watched.rule.name == name) {
            return Err(Problem::no_rule(name));
        }
        let shell = Shell::new(site, "Delete an alert rule", "/alerts");
        Ok(html(StatusCode::OK, &Screen { shell, name, shown: on_page(name) }))
    })
    .await
}

/// `POST /alerts/delete` deletes the rule.
pub(super) async fn delete(State(site): State<Arc<Site>>, request: Request) -> Response {
    let params = match read_form(&site, request).await {
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
    /// The unescaped name for the form.
    name: &'a str,
    shown: String,
}
