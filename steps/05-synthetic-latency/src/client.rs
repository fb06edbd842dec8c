//! The exporter's HTTP client. The reader exports on a thread of its own, where there is no tokio,
//! so it must be a blocking one; ureq is small.

use std::time::Duration;

use async_trait::async_trait;
use axum::http::{Uri, uri::Scheme};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use ureq::Agent;

#[derive(Debug)]
pub struct Client;

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (mut head, body) = request.into_parts();
        head.uri = safe(head.uri)?;
        // The exporter looks at the status itself: after some it tries again.
        let config = Agent::config_builder().http_status_as_error(false);
        let agent = config.timeout_global(Some(Duration::from_secs(10))).build().new_agent();
        let (parts, mut body) = agent.run(Request::from_parts(head, body.to_vec()))?.into_parts();
        Ok(Response::from_parts(parts, body.read_to_vec()?.into()))
    }
}

/// The exporter turns every `http://` into `https://`, without a word and for the stand-in too.
/// So this machine's own addresses are spoken to in plain HTTP, and all others in TLS.
fn safe(uri: Uri) -> Result<Uri, HttpError> {
    let own = matches!(uri.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
    let mut parts = uri.into_parts();
    parts.scheme = Some(if own { Scheme::HTTP } else { Scheme::HTTPS });
    Ok(Uri::from_parts(parts)?)
}
