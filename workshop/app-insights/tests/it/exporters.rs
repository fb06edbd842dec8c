//! The requests of real exporters are accepted, with the values that were recorded.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use app_insights::{
    alerts::{Alerts, Timing},
    server::Server,
    store::{Aggregate, Entry, Limits, Metric, Store},
    transactions::{Tree, What},
};
use jiff::Timestamp;
use opentelemetry::{
    Context, KeyValue,
    logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity},
    metrics::MeterProvider as _,
    trace::{SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _},
};
use opentelemetry_application_insights::Exporter;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_sdk::{
    Resource,
    logs::SdkLoggerProvider,
    metrics::{PeriodicReader, SdkMeterProvider},
    trace::{SdkTracer, SdkTracerProvider},
};
use serde_json::Value;

use crate::support::{GZIP, JSON, STREAM, gzip, json_of, send};

/// The server in this process, with its store.
struct InProcess {
    address: SocketAddr,
    connection_string: String,
    store: Arc<Store>,
    _runtime: tokio::runtime::Runtime,
}

fn serve(now: fn() -> Timestamp) -> InProcess {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let store = Arc::new(Store::new(10, Limits::default(), now));
    let alerts = Arc::new(Alerts::new(Timing::default()));
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = runtime.block_on(Server::bind(any, Arc::clone(&store), alerts)).unwrap();
    let (address, connection_string) = (server.local_addr(), server.connection_string());
    runtime.spawn(server.serve(std::io::sink(), std::io::sink(), std::future::pending()));
    InProcess { address, connection_string, store, _runtime: runtime }
}

impl InProcess {
    /// Sum, count, minimum and maximum over all grains of the series that match.
    fn values(&self, name: &str, key: &str, value: &str) -> (f64, u64, Option<f64>, Option<f64>) {
        let all = Timestamp::MIN..Timestamp::MAX;
        let grains = self.store.query(&Metric::named(name), all, |d| d.get(key) == Some(value));
        let total = Aggregate::merged(grains.iter().map(|grain| grain.aggregate));
        let total = total.unwrap_or_else(|| panic!("no {name}"));
        (total.sum(), total.count(), total.min(), total.max())
    }
}

/// The exporter rewrites `http://` to `https://`; this client sends plain HTTP anyway.
#[derive(Debug)]
struct PlainHttp(SocketAddr, Statuses);

/// The responses that were received.
type Statuses = Arc<Mutex<Vec<u16>>>;

#[async_trait::async_trait]
impl HttpClient for PlainHttp {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        assert_eq!(request.uri().scheme_str(), Some("https"), "mapping is no longer needed");
        assert_eq!(request.uri().authority().unwrap().as_str(), self.0.to_string());
        let headers: Vec<String> = request
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let answer = send(self.0, "POST", request.uri().path(), &headers, request.body());
        self.1.lock().unwrap().push(answer.status);
        Ok(Response::builder().status(answer.status).body(answer.body.into())?)
    }
}

#[test]
fn accepts_rusts_exporter() {
    let server = serve(Timestamp::now);
    let statuses = Statuses::default();
    let client = PlainHttp(server.address, Arc::clone(&statuses));
    let exporter = Exporter::new_from_connection_string(&server.connection_string, client).unwrap();
    let provider = SdkMeterProvider::builder()
        .with_reader(PeriodicReader::builder(exporter).build())
        .with_resource(Resource::builder().with_service_name("naughty-or-nice").build())
        .build();
    let meter = provider.meter("test");
    let counter = meter.u64_counter("request-count").build();
    let latency = meter.f64_histogram("request-latency").with_unit("ms").build();
    let gauge = meter.f64_gauge("temperature").build();
    let nice = [KeyValue::new("value", "nice")];
    let naughty = [KeyValue::new("value", "naughty")];

    counter.add(2, &nice);
    counter.add(1, &naughty);
    latency.record(12.5, &nice);
    latency.record(2000.0, &nice);
    gauge.record(21.5, &nice);
    provider.force_flush().unwrap();
    counter.add(3, &nice);
    latency.record(0.5, &nice);
    // An error here would mean that the exporter did not understand the response.
    provider.shutdown().unwrap();

    assert_eq!(*statuses.lock().unwrap(), [200, 200]);

    // The counter was sent twice. The sum contains the value of each export.
    let values = server.values("request-count", "value", "nice");
    assert_eq!(values, (5.0, 2, Some(2.0), Some(3.0)));
    let values = server.values("request-count", "value", "naughty");
    assert_eq!(values, (1.0, 1, Some(1.0), Some(1.0)));
    let values = server.values("request-latency", "value", "nice");
    assert_eq!(values, (2013.0, 3, Some(0.5), Some(2000.0)));
    // A gauge keeps its value; the second export repeats this value.
    let (_, _, min, max) = server.values("temperature", "value", "nice");
    assert_eq!((min, max), (Some(21.5), Some(21.5)));
    // Rust's exporter adds the resource to the dimensions.
    assert_eq!(server.values("request-count", "service.name", "naughty-or-nice").1, 3);
    assert!(server.store.status().reached.is_empty());
}

/// A process with a tracer and a logger, both with Rust's exporter.
struct Process {
    tracers: SdkTracerProvider,
    loggers: SdkLoggerProvider,
    tracer: SdkTracer,
}

impl Process {
    fn new(server: &InProcess, name: &'static str, statuses: &Statuses) -> Self {
        let exporter = || {
            let client = PlainHttp(server.address, Arc::clone(statuses));
            Exporter::new_from_connection_string(&server.connection_string, client).unwrap()
        };
        let resource = Resource::builder().with_service_name(name).build();
        let tracers = SdkTracerProvider::builder()
            .with_batch_exporter(exporter())
            .with_resource(resource.clone())
            .build();
        let loggers = SdkLoggerProvider::builder()
            .with_batch_exporter(exporter())
            .with_resource(resource)
            .build();
        let tracer = tracers.tracer("test");
        Self { tracers, loggers, tracer }
    }

    fn start(&self, kind: SpanKind, name: &'static str, parent: &Context) -> Context {
        let span = self.tracer.span_builder(name).with_kind(kind);
        parent.with_span(span.start_with_context(&self.tracer, parent))
    }

    /// Logs in the context of a span.
    fn log(&self, context: &Context, severity: Severity, body: &'static str) {
        let _guard = context.clone().attach();
        let logger = self.loggers.logger("test");
        let mut record = logger.create_log_record();
        record.set_severity_number(severity);
        record.set_body(body.into());
        logger.emit(record);
    }

    fn shut_down(self) {
        // An error here would mean that the exporter did not understand the response.
        self.tracers.shutdown().unwrap();
        self.loggers.shutdown().unwrap();
    }
}

#[test]
fn a_transaction_of_rusts_exporter_spans_its_processes() {
    let server = serve(Timestamp::now);
    let statuses = Statuses::default();
    let shop = Process::new(&server, "shop", &statuses);
    let stock = Process::new(&server, "stock", &statuses);

    let request = shop.start(SpanKind::Server, "visit", &Context::new());
    request.span().set_attribute(KeyValue::new("http.request.method", "GET"));
    request.span().set_attribute(KeyValue::new("http.route", "/{name}/"));
    request.span().set_attribute(KeyValue::new("http.response.status_code", 503));
    shop.log(&request, Severity::Info, "a visitor");
    let call = shop.start(SpanKind::Client, "ask the stock", &request);
    call.span().set_attribute(KeyValue::new("url.full", "http://stock/sledge"));
    // As with a header, only the ids arrive.
    let remote = Context::new().with_remote_span_context(call.span().span_context().clone());
    let below = stock.start(SpanKind::Server, "look", &remote);
    let error = std::io::Error::other("no sledge <b>");
    below.span().record_error(&error);
    below.span().set_status(Status::error("no sledge"));
    stock.log(&below, Severity::Error, "the shelf is empty");
    let event = [KeyValue::new("ai.customEvent.name", "shelf-empty")];
    below.span().add_event("ai.custom", event.to_vec());
    below.span().end();
    call.span().set_status(Status::error("503"));
    call.span().end();
    let pack = shop.start(SpanKind::Internal, "pack", &request);
    pack.span().end();
    request.span().end();
    let operation = request.span().span_context().trace_id().to_string();
    shop.shut_down();
    stock.shut_down();
    assert!(statuses.lock().unwrap().iter().all(|status| *status == 200), "{statuses:?}");

    let tree = Tree::new(server.store.transaction(&operation)).unwrap();
    let mut shown: Vec<(usize, String)> = Vec::new();
    for row in &tree.rows {
        let What::Entry(entry) = &row.what else { panic!("{row:?}") };
        assert_eq!((row.note, entry.count), (None, 1), "{row:?}");
        let Entry { kind, role, text, code, .. } = &**entry;
        let failed = if entry.failed { " failed" } else { "" };
        let severity = entry.severity.map(|level| level.to_string()).unwrap_or_default();
        shown.push((row.depth, format!("{role} {kind} {text} {code}{severity}{failed}")));
    }
    // Within a millisecond, the order is unknown.
    shown.sort();
    let expected = [
        (0, "shop request GET /{name}/ 503"),
        (1, "shop dependency ask the stock 2 failed"),
        (1, "shop dependency pack 0"),
        (1, "shop message a visitor 1"),
        (2, "stock request look 2 failed"),
        (3, "stock event shelf-empty "),
        (3, "stock exception <no type>: no sledge <b>  failed"),
        (3, "stock message the shelf is empty 3"),
    ];
    assert_eq!(shown, expected.map(|(depth, text)| (depth, text.to_owned())));
    let call = tree.entries().find(|entry| &*entry.text == "ask the stock").unwrap();
    let details: Value = serde_json::from_str(call.details.get()).unwrap();
    assert_eq!(details["data"], "http://stock/sledge");
    assert_eq!(details["properties"]["service.name"], "shop");
}

#[test]
fn rusts_exporter_does_not_retry_a_refused_request() {
    // According to this clock, all telemetry comes from the far future.
    let server = serve(|| "2001-01-01T00:00:00Z".parse().unwrap());
    let statuses = Statuses::default();
    let client = PlainHttp(server.address, Arc::clone(&statuses));
    let exporter = Exporter::new_from_connection_string(&server.connection_string, client).unwrap();
    let provider =
        SdkMeterProvider::builder().with_reader(PeriodicReader::builder(exporter).build()).build();
    provider.meter("test").u64_counter("request-count").build().add(1, &[]);
    assert!(provider.force_flush().is_err());
    // Sent once: an exporter must not retry a request that is refused permanently.
    assert_eq!(*statuses.lock().unwrap(), [400]);
    assert_eq!(server.store.status().series, 0);
}

/// The time at which the fixture was captured.
const CAPTURED: &str = "2026-11-22T16:00:00Z";

#[test]
fn accepts_pythons_exporter() {
    let server = serve(|| CAPTURED.parse().unwrap());
    let body = include_bytes!("../fixtures/python-1.0.0b58.json");
    // Python's exporter appends its path to the connection string's endpoint, which may end with a
    // slash.
    let headers = [JSON, "Accept: application/json"];
    let answer = send(server.address, "POST", "//v2.1/track", &headers, body);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(json_of(&answer)["itemsAccepted"], 5);

    assert_eq!(server.values("request-count", "value", "nice"), (2.0, 1, Some(2.0), Some(2.0)));
    let values = server.values("request-latency", "value", "nice");
    assert_eq!(values, (2025.0, 3, Some(12.5), Some(2000.0)));
    let all = server.store.names(10).metrics;
    let names: Vec<&str> = all.iter().map(|metric| &*metric.name).collect();
    assert_eq!(names, ["request-count", "request-latency", "temperature"]);
}

#[test]
fn accepts_lines_and_other_types() {
    let server = serve(|| CAPTURED.parse().unwrap());
    let fixture = include_bytes!("../fixtures/python-1.0.0b58.json");
    let mut items: Vec<Value> = serde_json::from_slice(fixture).unwrap();
    items[0]["data"] = serde_json::json!({
        "baseType": "RequestData",
        "baseData": {"ver": 2, "id": "1", "duration": "0.00:00:01.5", "responseCode": "200",
                     "success": true},
    });
    let lines: Vec<String> = items.iter().map(Value::to_string).collect();
    let body = gzip(lines.join("\n").as_bytes());
    let answer = send(server.address, "POST", "/v2/track", &[STREAM, GZIP], &body);
    assert_eq!((answer.status, &json_of(&answer)["itemsAccepted"]), (200, &5.into()));
    assert_eq!(server.store.status().series, 4);
}
