//! The page: Azure's Metrics, Transactions and Alerts screens, rendered on the server.
//!
//! Every screen has an address and works without a script. The script only requests the same
//! address again and inserts the changes.
//!
//! Any sender of telemetry can choose the names on a screen. Templates escape the names,
//! [`format::on_page`](crate::format::on_page) replaces misleading characters, and the headers let
//! a browser run only `script.js`.

mod about;
mod alerts;
mod assets;
mod delete;
mod draft;
mod draw;
mod entry;
mod form;
mod layout;
mod metrics;
mod new_rule;
mod params;
mod problem;
mod range;
mod respond;
mod rule;
mod site;
mod table;
mod transaction;
mod transactions;

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderValue, header},
    routing::get,
};
use tower_http::set_header::SetResponseHeaderLayer;

pub(crate) use params::Params;
pub(crate) use problem::not_allowed;
pub(crate) use site::Site;

/// The policy lets a browser show a screen, but not load resources from other servers.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
                      connect-src 'self'; img-src 'self' data:; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// The screens and their assets. The caller must refuse POST requests from other sites.
pub(crate) fn routes(site: Site) -> Router {
    Router::new()
        .route("/", get(metrics::screen))
        .route("/transactions", get(transactions::screen))
        .route("/transactions/one", get(transaction::screen))
        .route("/alerts", get(alerts::screen))
        .route("/alerts/new", get(new_rule::screen).post(new_rule::save))
        .route("/alerts/rule", get(rule::screen))
        .route("/alerts/delete", get(delete::screen).post(delete::delete))
        .route("/about", get(about::screen))
        .route("/assets/style.css", get(assets::style))
        .route("/assets/script.js", get(assets::script))
        .route("/assets/icon.svg", get(assets::icon))
        .fallback(problem::not_found)
        .with_state(Arc::new(site))
}

/// Adds headers that limit a browser to displaying the responses.
pub(crate) fn add_headers(routes: Router) -> Router {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // With "no-referrer", a browser sends forms with the origin "null", which the guard
        // refuses.
        (header::REFERRER_POLICY, "same-origin"),
        // The next response has newer numbers.
        (header::CACHE_CONTROL, "no-store"),
    ];
    headers.into_iter().fold(routes, |routes, (name, value)| {
        let value = HeaderValue::from_static(value);
        routes.layer(SetResponseHeaderLayer::overriding(name, value))
    })
}
