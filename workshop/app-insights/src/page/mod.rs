//! The page: what Azure's portal shows of metrics and alerts, rendered here, on the server.
//!
//! Every screen has an address and works without a script. The script only asks for the same
//! address again and puts in what has changed.
//!
//! Whatever a screen shows was named by somebody else. Templates escape it, [`names`] takes out
//! what could mislead, and the headers below let a browser run nothing but `script.js`.

mod about;
mod alerts;
mod assets;
mod body;
mod delete;
mod draft;
mod draw;
mod form;
mod layout;
mod metrics;
mod names;
mod new_rule;
mod params;
mod problem;
mod rule;
mod site;
mod table;
mod time_range;

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderValue, header},
    middleware::map_response,
    response::Response,
    routing::get,
};

pub(crate) use problem::not_allowed;
pub(crate) use site::Site;

/// What a browser may do with a screen: show it, and nothing from anywhere else.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
                      connect-src 'self'; img-src 'self' data:; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// The screens and what belongs to them.
///
/// Two of them change something, each by POST. Whether a POST comes from these very screens is not
/// theirs to check: whoever mounts the router does that for every path at once.
pub(crate) fn router<S>(site: Arc<Site>) -> Router<S> {
    Router::new()
        .route("/", get(metrics::screen))
        .route("/alerts", get(alerts::screen))
        .route("/alerts/new", get(new_rule::screen).post(new_rule::save))
        .route("/alerts/rule", get(rule::screen))
        .route("/alerts/delete", get(delete::screen).post(delete::delete))
        .route("/about", get(about::screen))
        .route("/assets/style.css", get(assets::style))
        .route("/assets/script.js", get(assets::script))
        .route("/assets/icon.svg", get(assets::icon))
        .fallback(problem::not_found)
        .layer(map_response(harden))
        .with_state(site)
}

/// Gives an answer the headers that keep a browser from doing more than showing it.
pub(crate) async fn harden(mut response: Response) -> Response {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not "no-referrer": a browser would then send a form with the origin "null", which the
        // guard has to refuse.
        (header::REFERRER_POLICY, "same-origin"),
        // What it shows is old at once.
        (header::CACHE_CONTROL, "no-store"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
