//! Renders screens, and reads forms.

use std::sync::Arc;

use axum::{extract::Request, http::StatusCode, response::Response};

use super::{params::Params, problem::Problem, site::Site};
use crate::body;

/// Renders a screen in the background.
pub(super) async fn render<F>(site: Arc<Site>, screen: F) -> Response
where
    F: FnOnce(&Site) -> Result<Response, Problem> + Send + 'static,
{
    let background = site.background.clone();
    let render = move || screen(&site).unwrap_or_else(|problem| problem.respond(&site));
    background.respond(render).await
}

/// Reads the fields of a posted form.
pub(super) async fn read_form(site: &Site, request: Request) -> Result<Params, Problem> {
    if body::media_type(request.headers()) != "application/x-www-form-urlencoded" {
        let sentence = "A form is sent as application/x-www-form-urlencoded";
        let refusal = (StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence.to_owned());
        return Err(Problem::refused(refusal));
    }
    let received = site.reader.read(request.into_body(), body::SMALL).await;
    received.map(|received| Params::read(&received.bytes)).map_err(Problem::refused)
}
