//! Refuses requests that a web page of another site makes.
//!
//! A browser lets any page on the web send requests to this machine. Three kinds of requests are
//! refused, so that such a page can neither read or change data here nor keep this server busy:
//!
//! - a request with a foreign `Host`. After DNS rebinding, the browser treats this server as the
//!   page's own origin and lets the page read all responses, but still sends the page's host name.
//! - a change by another site, according to `Sec-Fetch-Site` or else `Origin`
//!   ([`tower_http::csrf`]).
//! - an image, a script or a frame on a page of another site. A link that a person follows is
//!   allowed.
//!
//! Programs send neither `Origin` nor `Sec-Fetch-Site`, and are not affected.

use std::net::{IpAddr, SocketAddr};

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, StatusCode, header, uri::Authority},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use tower_http::csrf::{CsrfLayer, ProtectionError};

/// Guards the routes of a server that listens on `listen`.
pub(crate) fn guard(routes: Router, listen: SocketAddr) -> Router {
    let check = move |request: Request, next: Next| async move {
        if !is_own_host(&request, listen.ip()) {
            return refuse(
                "This server responds only at its own address: open http://127.0.0.1 or \
                 http://localhost with its port\n",
            );
        }
        if request.method().is_safe() && is_embedded_by_another_site(request.headers()) {
            return refuse(
                "Another website made this request in the background: follow a link to this \
                 server's own page instead\n",
            );
        }
        next.run(request).await
    };
    let changes = CsrfLayer::new().with_rejection_response(|_: ProtectionError| {
        refuse(
            "Another website requested this change, so the change was refused: use this server's \
             own page\n",
        )
    });
    routes.layer(changes).layer(from_fn(check))
}

fn refuse(sentence: &'static str) -> Response {
    (StatusCode::FORBIDDEN, sentence).into_response()
}

/// Whether every host name in the request refers to this machine.
fn is_own_host(request: &Request, listen: IpAddr) -> bool {
    let Some(host) = single(request.headers(), header::HOST.as_str()) else {
        return false;
    };
    let Ok(host) = host.parse::<Authority>() else {
        return false;
    };
    let absolute = request.uri().authority();
    std::iter::once(&host).chain(absolute).all(|named| is_own(named.host(), listen))
}

fn is_own(host: &str, listen: IpAddr) -> bool {
    if host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let host = host.trim_start_matches('[').trim_end_matches(']');
    // DNS rebinding does not affect an IP address. A server that listens on all addresses accepts
    // any IP address.
    host.parse::<IpAddr>()
        .is_ok_and(|ip| ip.is_loopback() || ip == listen || listen.is_unspecified())
}

/// Whether another site embeds the response in one of its own pages instead of linking to it.
fn is_embedded_by_another_site(headers: &HeaderMap) -> bool {
    let is_link = single(headers, "sec-fetch-mode") == Some("navigate")
        && matches!(single(headers, "sec-fetch-dest"), None | Some("document"));
    let mut sites = headers.get_all("sec-fetch-site").iter();
    sites.any(|site| site == "cross-site") && !is_link
}

/// The value of a header that occurs exactly once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}
