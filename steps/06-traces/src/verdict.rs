//! The verdict: decided by this process, or by another one that this process asks.

use std::{str::FromStr, time::Duration};

use anyhow::{Error, Result, bail, ensure};
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, Uri, uri::Scheme};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use opentelemetry::trace::{FutureExt, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_http::HeaderInjector;
use tokio::time::{sleep, timeout};

pub const PATH: &str = "/api/verdict";

/// The other process, if there is one.
#[derive(Clone, Default)]
pub struct Judge(Option<(Client<HttpConnector, Body>, Uri)>);

impl FromStr for Judge {
    type Err = Error;

    fn from_str(address: &str) -> Result<Self> {
        let url: Uri = format!("{}{PATH}", address.trim_end_matches('/')).parse()?;
        ensure!(url.scheme() == Some(&Scheme::HTTP) && url.path() == PATH);
        // The address is exported, so it must not contain a password.
        ensure!(!address.contains('@'));
        Ok(Self(Some((Client::builder(TokioExecutor::new()).build_http(), url))))
    }
}

/// Decides after a delay, in a span of its own.
pub async fn decide() -> &'static str {
    let span = global::tracer("naughty-or-nice").start("decide");
    let deciding = async {
        sleep(Duration::from_secs(fastrand::u64(0..=3))).await;
        if fastrand::bool() { "naughty" } else { "nice" }
    };
    // The span is current only while this future runs. A guard from `attach` would leave it current
    // for other requests during the `await`. As it is not `Send`, axum would refuse the handler.
    deciding.with_context(Context::current_with_span(span)).await
}

/// Asks the other process, in a span with the attributes that the conventions require.
pub async fn ask(judge: Judge) -> Result<&'static str> {
    let Some((client, url)) = judge.0 else { return Ok(decide().await) };
    let tracer = global::tracer("naughty-or-nice");
    let span = tracer.span_builder("GET").with_kind(SpanKind::Client).with_attributes([
        KeyValue::new("http.request.method", "GET"),
        KeyValue::new("server.address", url.host().unwrap_or_default().to_string()),
        KeyValue::new("server.port", i64::from(url.port_u16().unwrap_or(80))),
        KeyValue::new("url.full", url.to_string()),
    ]);
    let context = Context::current_with_span(span.start(&tracer));
    let mut request = Request::get(url).body(Body::empty())?;
    // Adds the header `traceparent`, which makes the spans of the other process children.
    global::get_text_map_propagator(|propagator| {
        propagator.inject_context(&context, &mut HeaderInjector(request.headers_mut()));
    });
    let exchange = async {
        let response = client.request(request).await?;
        let status = response.status();
        let code = KeyValue::new("http.response.status_code", i64::from(status.as_u16()));
        context.span().set_attribute(code);
        ensure!(status.is_success(), status);
        match &to_bytes(Body::new(response.into_body()), 100).await?[..] {
            b"naughty" => Ok("naughty"),
            b"nice" => Ok("nice"),
            _ => bail!("the answer is no verdict"),
        }
    };
    // Longer than the longest delay.
    let answer = timeout(Duration::from_secs(5), exchange).await;
    let answer = answer.map_err(Error::from).flatten();
    if let Err(error) = &answer {
        let kind = error.downcast_ref().map_or("_OTHER", StatusCode::as_str).to_string();
        context.span().set_attribute(KeyValue::new("error.type", kind));
        context.span().set_status(Status::error(format!("{error:#}")));
    }
    answer
}
