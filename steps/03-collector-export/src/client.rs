//! The exporter's HTTP client. The reader exports on a thread of its own, where there is no tokio,
//! so it must be a blocking one; ureq is small.

use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use ureq::Agent;

#[derive(Debug)]
pub struct Client;

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        // The exporter looks at the status itself. A redirect would lose the metrics on its way,
        // and a proxy would look for the Collector on its own machine.
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let config = config.proxy(None).timeout_global(Some(Duration::from_secs(10)));
        let agent = config.build().new_agent();
        let (parts, mut body) = agent.run(request.map(Vec::from))?.into_parts();
        Ok(Response::from_parts(parts, body.read_to_vec()?.into()))
    }
}
