//! Keeps other people's web pages out.
//!
//! A browser lets any page on the web send requests to this machine. Three things are
//! refused, so that such a page can neither change nor read anything here, nor keep this server
//! busy:
//!
//! - a `Host` that is not this machine. After DNS rebinding the browser takes this server for the
//!   page's own, and lets it read everything; but it still sends the page's host name.
//! - a change that another site asks for, as `Origin` and `Sec-Fetch-Site` tell.
//! - an image, a script or a frame that another site asks for. A link that a person follows is none.
//!
//! Programs send neither `Origin` nor `Sec-Fetch-Site`, and are not hindered.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::api;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Where the server listens, which decides which hosts are its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard(pub(crate) SocketAddr);

/// The layer, for [`axum::middleware::from_fn_with_state`].
pub(crate) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match guard.check(&request) {
        Ok(()) => next.run(request).await,
        Err(sentence) if request.uri().path().starts_with("/api/") => {
            api::error(StatusCode::FORBIDDEN, sentence)
        }
        Err(sentence) => (StatusCode::FORBIDDEN, format!("{sentence}\n")).into_response(),
    }
}

impl Guard {
    fn check(self, request: &Request) -> Result<(), &'static str> {
        let headers = request.headers();
        let host = single(headers, &header::HOST).and_then(|host| host.parse::<Authority>().ok());
        let named = [host.as_ref(), request.uri().authority()];
        if host.is_none() || !named.into_iter().flatten().all(|named| self.is_own(named.host())) {
            return Err("This server answers only to its own address: open it as \
                        http://127.0.0.1 or http://localhost with its port");
        }
        if [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method()) {
            return if is_part_of_another_site(headers) {
                Err("Another web site asked for this behind your back: follow a link to this \
                     server's own page instead")
            } else {
                Ok(())
            };
        }
        if same_site(headers, host.as_ref().map_or("", Authority::as_str)) {
            Ok(())
        } else {
            Err("Another web site asked for this change, so it was not made: use this server's \
                 own page")
        }
    }

    fn is_own(self, host: &str) -> bool {
        if host.eq_ignore_ascii_case("localhost") {
            return true;
        }
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let bound = self.0.ip();
        // A host that is an address cannot be another name for this machine. Which addresses are
        // its own is not known when it listens on all of them.
        host.parse::<IpAddr>()
            .is_ok_and(|ip| ip.is_loopback() || ip == bound || bound.is_unspecified())
    }
}

/// Whether the browser says that another site asks for this for a page of its own, instead of
/// sending a person here.
fn is_part_of_another_site(headers: &HeaderMap) -> bool {
    let visit = single(headers, &SEC_FETCH_MODE) == Some("navigate")
        && (single(headers, &SEC_FETCH_DEST) == Some("document")
            || !headers.contains_key(&SEC_FETCH_DEST));
    let cross = |value: &HeaderValue| value.as_bytes() == b"cross-site";
    headers.get_all(&SEC_FETCH_SITE).iter().any(cross) && !visit
}

/// Whether the browser, if it is one, says that the page that asks is this server's own.
fn same_site(headers: &HeaderMap, host: &str) -> bool {
    let site_is_own = match single(headers, &SEC_FETCH_SITE) {
        // "none" is a person who typed the address.
        Some(site) => matches!(site, "same-origin" | "none"),
        None => !headers.contains_key(&SEC_FETCH_SITE),
    };
    let origin_is_own = match single(headers, &header::ORIGIN) {
        Some(origin) => {
            origin.strip_prefix("http://").is_some_and(|origin| origin.eq_ignore_ascii_case(host))
        }
        None => !headers.contains_key(header::ORIGIN),
    };
    site_is_own && origin_is_own
}

/// A header's value, if it is there exactly once and is readable.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}
