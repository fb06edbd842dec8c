//! Responds to health checks as the Collector's `health_check` extension does
//! (`extension/healthcheckextension/internal/healthcheck/handler.go` in the contrib repository):
//! every method and path gets the same response.

use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::http::header;
use axum::routing::any;

use crate::go;

pub(crate) fn router() -> Router {
    let (since, started) = (SystemTime::now(), Instant::now());
    Router::new().fallback(any(move || async move {
        ([(header::CONTENT_TYPE, "application/json")], body(since, started.elapsed()))
    }))
}

fn body(since: SystemTime, uptime: Duration) -> String {
    let since = since.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let since = go::rfc3339(u64::try_from(since.as_nanos()).unwrap_or_default());
    let uptime = go::duration(uptime);
    format!(r#"{{"status":"Server available","upSince":"{since}","uptime":"{uptime}"}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_equals_that_of_the_real_extension() {
        // A response of the real Collector from 2026-11-22, which used the machine's time zone.
        assert_eq!(
            body(
                SystemTime::UNIX_EPOCH + Duration::from_nanos(1_795_363_680_287_922_467),
                Duration::from_nanos(2_085_209_698)
            ),
            r#"{"status":"Server available","upSince":"2026-11-22T16:08:00.287922467Z","uptime":"2.085209698s"}"#
        );
    }
}
