//! The HTTP client of the exporter, which comes without one. The exporter runs on the thread of
//! the periodic reader, outside of tokio, so the client has to be a blocking one.

use std::time::Duration;

use async_trait::async_trait;
use axum::http::uri::{Scheme, Uri};
use axum::http::{StatusCode, header::LOCATION};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use ureq::Agent;

const MAX_REDIRECTS: u32 = 3;

/// Made once, because its agent keeps connections open: a new one would start every export with
/// a TLS handshake.
#[derive(Clone, Debug)]
pub struct Client(Agent);

impl Client {
    pub fn new() -> Self {
        let config = Agent::config_builder()
            // The exporter checks the status itself.
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(10)));
        Self(config.build().new_agent())
    }

    fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Bytes>, HttpError> {
        let endpoint = request.uri().clone();
        let mut config = self.0.configure_request(request);
        if is_loopback(&endpoint) {
            // A proxy would look for the stand-in on the proxy's own machine.
            config = config.proxy(None);
        }
        let response =
            self.0.run(config.build()).inspect_err(|error| eprintln!("{endpoint}: {error}"))?;
        if !response.status().is_success() {
            eprintln!("{endpoint} answered {}", response.status());
        }
        let (parts, mut body) = response.into_parts();
        Ok(Response::from_parts(parts, body.read_to_vec()?.into()))
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut request = request.map(Vec::from);
        *request.uri_mut() = with_scheme(request.uri())?;
        let mut response = self.send(request.clone())?;
        for _ in 0..MAX_REDIRECTS {
            let Some(location) = redirect(&response) else { break };
            *request.uri_mut() = location;
            response = self.send(request.clone())?;
        }
        Ok(response)
    }
}

/// The exporter turns `http://` in a connection string into `https://` (`sanitize_url` in its
/// `connection_string.rs`), but the stand-in has no certificate. So requests to this machine use
/// plain HTTP, and all others TLS.
fn with_scheme(endpoint: &Uri) -> Result<Uri, HttpError> {
    // A Collector's address stays as it was set.
    if !endpoint.path().ends_with("/v2/track") {
        return Ok(endpoint.clone());
    }
    let mut parts = endpoint.clone().into_parts();
    parts.scheme = Some(if is_loopback(endpoint) { Scheme::HTTP } else { Scheme::HTTPS });
    Ok(Uri::from_parts(parts)?)
}

fn is_loopback(endpoint: &Uri) -> bool {
    matches!(endpoint.host(), Some("127.0.0.1" | "[::1]" | "localhost"))
}

/// Azure answers 307 or 308 when another endpoint takes the telemetry of a resource
/// (ApplicationInsights-dotnet#2327). Both keep the POST, unlike 301 to 303. A redirect to plain
/// HTTP would expose the telemetry, so it is not followed.
fn redirect(response: &Response<Bytes>) -> Option<Uri> {
    let keeps_post = [StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT];
    if !keeps_post.contains(&response.status()) {
        return None;
    }
    let location: Uri = response.headers().get(LOCATION)?.to_str().ok()?.parse().ok()?;
    (location.scheme() == Some(&Scheme::HTTPS)).then_some(location)
}
