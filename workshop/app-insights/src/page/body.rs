//! Reads the body of a form.

use std::time::Duration;

use axum::{
    body::to_bytes,
    extract::Request,
    http::{StatusCode, header},
};
use tokio::time::timeout;

use super::{params::Params, problem::Problem};

/// The largest body of a form, in bytes.
const MAX_BODY: usize = 64 << 10;
/// How long it may take to arrive.
const READ_TIME: Duration = Duration::from_secs(10);

/// The fields of a form that was posted.
pub(super) async fn read(request: Request) -> Result<Params, Problem> {
    let type_ = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = type_.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let sentence = "A form is sent as application/x-www-form-urlencoded.";
        return Err(Problem::wrong(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence));
    }
    let body = timeout(READ_TIME, to_bytes(request.into_body(), MAX_BODY)).await.map_err(|_| {
        Problem::wrong(StatusCode::REQUEST_TIMEOUT, "The form took too long to arrive.")
    })?;
    let body = body.map_err(|_| {
        Problem::wrong(StatusCode::PAYLOAD_TOO_LARGE, "The form has too much in it.")
    })?;
    Ok(Params::read(&body))
}
