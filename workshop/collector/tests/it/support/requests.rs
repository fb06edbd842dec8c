//! Invalid and unusual requests, and the responses to them.

use std::fmt;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use prost::Message as _;

use harness::http::{Reply, Request};

use super::{
    corpus::{LOGS, METRICS, SIGNALS, TRACES},
    gzip, payload, post,
};

/// The part of a response that matters to a client. For a client, two servers that respond with the
/// same class behave in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    pub status: u16,
    pub content_type: &'static str,
    pub body: Body,
}

/// The kind of body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// A response with `partial_success` unset.
    Success,
    /// A response with an empty `partial_success`.
    SuccessWithPartialSuccess,
    /// A `google.rpc.Status` with this code and a message.
    Status(i32),
    /// Plain text.
    Text,
    /// No body, as HTTP requires after HEAD.
    None,
}

/// A request, the stand-in's response, and the real Collector's response if it differs.
#[derive(Clone)]
pub struct Case {
    pub name: &'static str,
    pub request: Request,
    pub ours: Class,
    pub theirs: Option<Class>,
    /// The reason for the difference, as the README quotes it.
    pub because: &'static str,
}

pub const PROTOBUF: &str = "application/x-protobuf";
pub const JSON: &str = "application/json";
const TEXT: &str = "text/plain";

const SUCCESS: &str = "The server MUST leave the `partial_success` field unset in case of a \
    successful response.";
const STATUS: &str = "The response body for all `HTTP 4xx` and `HTTP 5xx` responses MUST be a \
    Protobuf-encoded Status message that describes the problem.";
const TOO_LARGE: &str =
    "If the limit is exceeded, the server SHOULD respond with `HTTP 413 Content Too Large`.";
const BAD_DATA: &str = "If the processing of the request fails because the request contains data \
    that cannot be decoded or is otherwise invalid and such failure is permanent, then the server \
    MUST respond with `HTTP 400 Bad Request`.";
const ENUM_NAMES: &str = "the enum name strings MUST NOT be used";
const UNKNOWN_NAMES: &str = "MUST ignore message fields with unknown names";
const NESTING: &str = "nesting is limited";
const GZIP_ALONE: &str = "The client MAY gzip the content";

impl Class {
    /// The class of a response, or `None` if it fits no class.
    pub fn of(answer: &Reply, head: bool) -> Option<Self> {
        let content_type = answer.header("content-type").unwrap_or_default();
        let content_type = [PROTOBUF, JSON, TEXT]
            .into_iter()
            .find(|known| content_type.split(';').next() == Some(known))?;
        let success = answer.status == 200;
        let body = match content_type {
            _ if head => answer.body.is_empty().then_some(Body::None)?,
            TEXT => Body::Text,
            // The responses of the other signals have the same fields.
            PROTOBUF if success => {
                match ExportMetricsServiceResponse::decode(answer.body.as_slice())
                    .ok()?
                    .partial_success
                {
                    None => Body::Success,
                    Some(_) => Body::SuccessWithPartialSuccess,
                }
            }
            PROTOBUF => Body::Status(Status::decode(answer.body.as_slice()).ok()?.code),
            _ => {
                let json: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
                match (success, json.get("partialSuccess")) {
                    (true, None) => Body::Success,
                    (true, Some(_)) => Body::SuccessWithPartialSuccess,
                    (false, _) => {
                        json.get("message")?.as_str().filter(|message| !message.is_empty())?;
                        Body::Status(json.get("code")?.as_i64()?.try_into().ok()?)
                    }
                }
            }
        };
        Some(Self { status: answer.status, content_type, body })
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} {})", self.name, self.request.method, self.request.path)
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

/// All the cases.
pub fn cases() -> Vec<Case> {
    let any_signal: Vec<Case> =
        [accepted(), wrong_envelope(), wrong_compression()].into_iter().flatten().collect();
    let mut cases: Vec<_> =
        SIGNALS.iter().flat_map(|signal| on_path(signal.path, any_signal.clone())).collect();
    cases.extend(wrong_protobuf());
    cases.extend(wrong_json());
    cases.extend(on_path(TRACES.path, wrong_traces()));
    cases.extend(on_path(LOGS.path, wrong_logs()));
    cases
}

/// The same cases on the path of another signal.
fn on_path(path: &str, mut cases: Vec<Case>) -> Vec<Case> {
    for case in &mut cases {
        case.request.path = case.request.path.replace(METRICS.path, path);
    }
    cases
}

fn accepted() -> Vec<Case> {
    let padded = |size: usize| {
        let mut body = b"{}".to_vec();
        body.resize(size, b' ');
        body
    };
    let limit = collector::body::LIMIT;
    vec![
        ok("empty request in Protobuf", PROTOBUF, ""),
        ok("empty request in JSON", JSON, "{}"),
        ok("unknown fields in Protobuf", PROTOBUF, b"\xf8\x07\x01\xfa\x07\x03abc".as_slice()),
        ok("unknown fields in JSON", JSON, r#"{"new": {"deep": [1, null]}}"#),
        ok("request of no signal in JSON", JSON, r#"{"resourceProfiles": [{"scopeProfiles": 1}]}"#),
        ok("charset in the content type", "application/json; charset=utf-8", "{}"),
        ok("content type in capitals", "Application/X-Protobuf", ""),
        ok("body of exactly 20 MiB", JSON, padded(limit)),
        compressed(ok("body of exactly 20 MiB after gzip", JSON, gzip(&padded(limit))), "gzip"),
        compressed(ok("gzip in two parts", JSON, [gzip(b"{"), gzip(b"}")].concat()), "gzip"),
        compressed(
            ok("deflate", JSON, b"\x78\x9c\xab\xae\x05\x00\x01\x75\x00\xf9".as_slice()),
            "deflate",
        ),
        too_large(bad("body of 20 MiB and a byte", JSON, padded(limit + 1))),
        too_large(bad("body of 21 MiB of Protobuf", PROTOBUF, vec![0; limit + 1024 * 1024])),
        too_large(compressed(
            bad("body of 20 MiB and a byte after gzip", JSON, gzip(&padded(limit + 1))),
            "gzip",
        )),
        too_large(compressed(
            bad("gzip bomb of 200 MiB", PROTOBUF, gzip(&vec![0; 10 * limit])),
            "gzip",
        )),
    ]
}

fn wrong_envelope() -> Vec<Case> {
    let to = |path| Request::post(path, JSON, "{}");
    let with_method = |method: &str| Request { method: method.to_owned(), ..post(JSON, "{}") };
    let other = |name, content_type| {
        let request = post(content_type, "{}");
        refused(name, request, 415, 2)
    };
    let mut head = refused("HEAD", Request { body: Vec::new(), ..with_method("HEAD") }, 405, 2);
    head.ours.body = Body::None;
    head.theirs = Some(Class { content_type: TEXT, ..head.ours });
    let mut in_protobuf =
        refused("unknown path, in Protobuf", Request::post("/nope", PROTOBUF, ""), 404, 12);
    in_protobuf.ours.content_type = PROTOBUF;
    vec![
        refused("GET", Request::get("/v1/metrics"), 405, 2),
        refused("PUT", with_method("PUT"), 405, 2),
        refused("DELETE", with_method("DELETE"), 405, 2),
        refused("OPTIONS", with_method("OPTIONS"), 405, 2),
        head,
        refused("profiles", to("/v1development/profiles"), 404, 12),
        refused("the root", to("/"), 404, 12),
        refused("slash at the end", to("/v1/metrics/"), 404, 12),
        refused("path in capitals", to("/V1/METRICS"), 404, 12),
        refused("GET of an unknown path", Request::get("/nope"), 404, 12),
        in_protobuf,
        refused("no content type", Request { headers: Vec::new(), ..with_method("POST") }, 415, 2),
        other("plain text", "text/plain"),
        other("form, as curl -d has it", "application/x-www-form-urlencoded"),
        other("Protobuf without the x-", "application/protobuf"),
        other("broken parameter", "application/json; charset"),
        other("two content types", "application/json, application/x-protobuf"),
    ]
}

fn wrong_compression() -> Vec<Case> {
    let whole = gzip(b"{}");
    let mut wrong_sum = whole.clone();
    let checksum = wrong_sum.len() - 8;
    wrong_sum[checksum] ^= 1;
    // A frame of one raw block (RFC 8878, section 3.1.1).
    let zstd = b"\x28\xb5\x2f\xfd\x20\x02\x11\x00\x00{}".as_slice();
    vec![
        compressed(bad("unknown compression", JSON, "{}"), "br"),
        compressed(bad("unknown compression, in Protobuf", PROTOBUF, ""), "br"),
        compressed(bad("compression in capitals", JSON, whole.clone()), "GZIP"),
        compressed(bad("identity", JSON, "{}"), "identity"),
        compressed(bad("two compressions", JSON, whole.clone()), "gzip, gzip"),
        compressed(bad("gzip header without gzip", JSON, "{}"), "gzip"),
        compressed(bad("gzip of no bytes", PROTOBUF, ""), "gzip"),
        compressed(bad("gzip cut off", JSON, &whole[..whole.len() - 4]), "gzip"),
        compressed(bad("gzip with a wrong checksum", JSON, wrong_sum), "gzip"),
        compressed(
            bad("gzip with garbage after it", JSON, [&whole[..], b"garbage, and more"].concat()),
            "gzip",
        ),
        compressed(bad("deflate header without deflate", JSON, "{}"), "deflate"),
        accepted_by_theirs(compressed(bad("zstd", JSON, zstd), "zstd"), GZIP_ALONE),
    ]
}

fn wrong_protobuf() -> Vec<Case> {
    let mut group = ok("unknown group at the end", PROTOBUF, b"\xfb\x07\xfc\x07".as_slice());
    group.theirs = Some(Class { status: 400, body: Body::Status(3), ..group.ours });
    group.because = UNKNOWN_NAMES;
    vec![
        group,
        bad("garbage", PROTOBUF, b"\xff\xff\xff\xff garbage".as_slice()),
        bad("JSON as Protobuf", PROTOBUF, "{\"resourceMetrics\": []}"),
        bad("Protobuf cut off", PROTOBUF, b"\x0a\x05\x12\x03".as_slice()),
        bad("length beyond the end", PROTOBUF, b"\x0a\xff\xff\xff\xff\x0f".as_slice()),
        bad("varint without end", PROTOBUF, [0xff; 11].as_slice()),
        bad("field number 0", PROTOBUF, b"\x02\x00".as_slice()),
        bad("wrong wire type", PROTOBUF, b"\x08\x01".as_slice()),
        bad("unknown wire type", PROTOBUF, b"\x0f\x00".as_slice()),
        bad("end of a group without its start", PROTOBUF, b"\x14\x00".as_slice()),
        bad("trace id of three bytes", PROTOBUF, exemplar(b"\x2a\x03\x01\x02\x03")),
        bad(
            "span id of nine bytes",
            PROTOBUF,
            exemplar(b"\x22\x09\x01\x01\x01\x01\x01\x01\x01\x01\x01"),
        ),
        accepted_by_theirs(
            bad(
                "unknown number of more than 64 bits",
                PROTOBUF,
                b"\xf8\x07\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f".as_slice(),
            ),
            BAD_DATA,
        ),
        accepted_by_theirs(
            bad(
                "unknown group with the end of another group",
                PROTOBUF,
                b"\xfb\x07\x84\x08\xf8\x07\x01".as_slice(),
            ),
            BAD_DATA,
        ),
        accepted_by_theirs(
            bad("name that is not UTF-8", PROTOBUF, nest(&[1, 2, 2], b"\x0a\x02\xff\xfe")),
            BAD_DATA,
        ),
        accepted_by_theirs(
            bad("arrays nested 100 deep", PROTOBUF, nest(&deep_path(100), b"\x18\x01")),
            NESTING,
        ),
    ]
}

fn wrong_json() -> Vec<Case> {
    let point = |fields: &str| {
        format!(
            r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"sum":{{"dataPoints":[{{{fields}}}]}}}}]}}]}}]}}"#
        )
    };
    let value = |value: &str| point(&format!(r#""attributes":[{{"key":"k","value":{value}}}]"#));
    let mut unnamed = ok("field without a name", JSON, r#"{"resourceMetrics": [{"": 1}]}"#);
    unnamed.theirs = Some(Class { status: 400, body: Body::Status(3), ..unnamed.ours });
    unnamed.because = UNKNOWN_NAMES;
    let in_array = |inner: String, _| format!(r#"{{"arrayValue":{{"values":[{inner}]}}}}"#);
    let deep = value(&(0..100).fold(r#"{"intValue":"1"}"#.to_owned(), in_array));
    vec![
        bad("no JSON at all", JSON, ""),
        bad("Protobuf as JSON", JSON, b"\x0a\x00".as_slice()),
        bad("JSON cut off", JSON, r#"{"resourceMetrics": [{"#),
        bad("array for an object", JSON, "[]"),
        bad("string for an object", JSON, r#""metrics""#),
        bad("object for an array", JSON, r#"{"resourceMetrics": {}}"#),
        bad("number for an array", JSON, r#"{"resourceMetrics": 3}"#),
        bad("number for a string", JSON, r#"{"resourceMetrics": [{"schemaUrl": 3}]}"#),
        bad("string for a truth value", JSON, value(r#"{"boolValue":"true"}"#)),
        bad("null for a number", JSON, point(r#""asInt":null"#)),
        bad("null for a truth value", JSON, value(r#"{"boolValue":null}"#)),
        bad("fraction for an integer", JSON, point(r#""asInt":1.5"#)),
        bad("words for an integer", JSON, point(r#""asInt":"many""#)),
        bad("integer of 65 bits", JSON, point(r#""asInt":"9223372036854775808""#)),
        bad("time before 1970", JSON, point(r#""timeUnixNano":"-1""#)),
        bad("time with a plus", JSON, point(r#""timeUnixNano":"+1""#)),
        bad("flags of 33 bits", JSON, point(r#""flags":4294967296"#)),
        bad("double too large", JSON, point(r#""asDouble":1e999"#)),
        bad("double too large, as a string", JSON, point(r#""asDouble":"1e999""#)),
        bad("words for a double", JSON, point(r#""asDouble":"much""#)),
        bad("bare NaN", JSON, point(r#""asDouble":NaN"#)),
        bad("bytes that are not base64", JSON, value(r#"{"bytesValue":"***"}"#)),
        bad("bytes without padding", JSON, value(r#"{"bytesValue":"AA"}"#)),
        bad(
            "trace id of three bytes in JSON",
            JSON,
            point(r#""exemplars":[{"traceId":"010203"}]"#),
        ),
        bad("span id not in hex", JSON, point(r#""exemplars":[{"spanId":"zzzzzzzzzzzzzzzz"}]"#)),
        bad("id of half a byte", JSON, point(r#""exemplars":[{"spanId":"0"}]"#)),
        bad("comma at the end", JSON, r#"{"resourceMetrics": [],}"#),
        bad("line feed in a string", JSON, "{\"resourceMetrics\": [{\"schemaUrl\": \"\n\"}]}"),
        accepted_by_theirs(
            bad("bracket that closes nothing", JSON, r#"{"resourceMetrics": ]}"#),
            BAD_DATA,
        ),
        bad("comma missing", JSON, r#"{"resourceMetrics": [] "more": 1}"#),
        accepted_by_theirs(
            bad("null for the last bracket", JSON, r#"{"resourceMetrics": []null"#),
            BAD_DATA,
        ),
        not_utf8_in_theirs(bad("garbage in place of JSON", JSON, b"\xff\xfe".as_slice())),
        unnamed,
        accepted_by_theirs(bad("garbage after the end", JSON, "{} garbage"), BAD_DATA),
        accepted_by_theirs(
            bad(
                "JSON that is not UTF-8",
                JSON,
                b"{\"resourceMetrics\": [{\"schemaUrl\": \"\xff\"}]}".as_slice(),
            ),
            BAD_DATA,
        ),
        accepted_by_theirs(
            bad(
                "half of a surrogate pair",
                JSON,
                r#"{"resourceMetrics": [{"schemaUrl": "\ud800"}]}"#,
            ),
            BAD_DATA,
        ),
        accepted_by_theirs(
            bad(
                "name for an enum",
                JSON,
                r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"sum":
                    {"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA"}}]}]}]}"#,
            ),
            ENUM_NAMES,
        ),
        accepted_by_theirs(bad("arrays nested 100 deep in JSON", JSON, deep), NESTING),
    ]
}

fn wrong_traces() -> Vec<Case> {
    // resource_spans, scope_spans, spans
    let span = |fields: &[u8]| nest(&[1, 2, 2], fields);
    let link = |fields: &[u8]| nest(&[1, 2, 2, 13], fields);
    let json = |fields: &str| payload(&TRACES, &format!("{{{fields}}}"));
    vec![
        bad("trace id of three bytes", PROTOBUF, span(b"\x0a\x03\x01\x02\x03")),
        bad("span id of one byte", PROTOBUF, span(b"\x12\x01\x01")),
        bad("parent id of one byte", PROTOBUF, span(b"\x22\x01\x01")),
        bad("trace id of a link of one byte", PROTOBUF, link(b"\x0a\x01\x01")),
        bad("span id of a link of one byte", PROTOBUF, link(b"\x12\x01\x01")),
        bad("text for a kind", PROTOBUF, span(b"\x32\x01\x01")),
        bad("number for a status", PROTOBUF, span(b"\x78\x01")),
        accepted_by_theirs(
            bad("name that is not UTF-8", PROTOBUF, span(b"\x2a\x02\xff\xfe")),
            BAD_DATA,
        ),
        bad("object for an array", JSON, r#"{"resourceSpans": {}}"#),
        bad("trace id of three bytes in JSON", JSON, json(r#""traceId":"010203""#)),
        bad("trace id in Base64", JSON, json(r#""traceId":"AQIDBAUGBwgJCgsMDQ4PEA==""#)),
        bad("trace id of null", JSON, json(r#""traceId":null"#)),
        bad("span id of a number", JSON, json(r#""spanId":1"#)),
        bad("parent id not in hex", JSON, json(r#""parentSpanId":"zzzzzzzzzzzzzzzz""#)),
        bad("span id of a link of half a byte", JSON, json(r#""links":[{"spanId":"0"}]"#)),
        bad("null for a kind", JSON, json(r#""kind":null"#)),
        bad("fraction for a kind", JSON, json(r#""kind":1.5"#)),
        bad("unknown name for a kind", JSON, json(r#""kind":"SERVER""#)),
        not_utf8_in_theirs(bad("negative time", JSON, json(r#""endTimeUnixNano":-1"#))),
        bad("count of 33 bits", JSON, json(r#""droppedLinksCount":"4294967296""#)),
        accepted_by_theirs(
            bad("flags of ten digits and 33 bits", JSON, json(r#""flags":7357379655"#)),
            BAD_DATA,
        ),
        bad("array for a status", JSON, json(r#""status":[]"#)),
        bad("object for the events", JSON, json(r#""events":{}"#)),
        bad("number for a trace state", JSON, json(r#""traceState":1"#)),
        accepted_by_theirs(
            bad("name for a kind", JSON, json(r#""kind":"SPAN_KIND_SERVER""#)),
            ENUM_NAMES,
        ),
        accepted_by_theirs(
            bad("name for a status", JSON, json(r#""status":{"code":"STATUS_CODE_ERROR"}"#)),
            ENUM_NAMES,
        ),
    ]
}

fn wrong_logs() -> Vec<Case> {
    // resource_logs, scope_logs, log_records
    let record = |fields: &[u8]| nest(&[1, 2, 2], fields);
    let json = |fields: &str| payload(&LOGS, &format!("{{{fields}}}"));
    // body, then array_value and values repeatedly
    let deep = [[1, 2, 2, 5].as_slice(), &[5, 1].repeat(100)].concat();
    vec![
        bad("trace id of one byte", PROTOBUF, record(b"\x4a\x01\x01")),
        bad(
            "span id of nine bytes",
            PROTOBUF,
            record(b"\x52\x09\x01\x01\x01\x01\x01\x01\x01\x01\x01"),
        ),
        bad("number for a body", PROTOBUF, record(b"\x28\x01")),
        accepted_by_theirs(
            bad("body that is not UTF-8", PROTOBUF, record(b"\x2a\x04\x0a\x02\xff\xfe")),
            BAD_DATA,
        ),
        accepted_by_theirs(
            bad("body nested 100 deep", PROTOBUF, nest(&deep, b"\x18\x01")),
            NESTING,
        ),
        bad("object for an array", JSON, r#"{"resourceLogs": {}}"#),
        bad("text for a body", JSON, json(r#""body":"text""#)),
        bad("body of bytes that are not Base64", JSON, json(r#""body":{"bytesValue":"*"}"#)),
        bad("trace id in Base64", JSON, json(r#""traceId":"AQIDBAUGBwgJCgsMDQ4PEA==""#)),
        bad("span id of half a byte", JSON, json(r#""spanId":"0""#)),
        bad("null for a severity", JSON, json(r#""severityNumber":null"#)),
        bad("unknown name for a severity", JSON, json(r#""severityNumber":"INFO""#)),
        bad("severity of 33 bits", JSON, json(r#""severityNumber":4294967296"#)),
        bad("time in words", JSON, json(r#""observedTimeUnixNano":"now""#)),
        not_utf8_in_theirs(bad("negative flags", JSON, json(r#""flags":-1"#))),
        bad("number for an event name", JSON, json(r#""eventName":1"#)),
        accepted_by_theirs(
            bad("name for a severity", JSON, json(r#""severityNumber":"SEVERITY_NUMBER_INFO""#)),
            ENUM_NAMES,
        ),
    ]
}

fn ok(name: &'static str, content_type: &'static str, body: impl Into<Vec<u8>>) -> Case {
    let answered = if content_type.to_lowercase().starts_with(JSON) { JSON } else { PROTOBUF };
    let ours = Class { status: 200, content_type: answered, body: Body::Success };
    let theirs = Some(Class { body: Body::SuccessWithPartialSuccess, ..ours });
    Case { name, request: post(content_type, body), ours, theirs, because: SUCCESS }
}

/// A body that both programs reject with 400 and `INVALID_ARGUMENT`.
fn bad(name: &'static str, content_type: &'static str, body: impl Into<Vec<u8>>) -> Case {
    let ours = Class { status: 400, content_type, body: Body::Status(3) };
    let request = post(content_type, body);
    Case { name, request, ours, theirs: None, because: "" }
}

/// A request that both programs reject, the real Collector with plain text.
fn refused(name: &'static str, request: Request, status: u16, code: i32) -> Case {
    let ours = Class { status, content_type: JSON, body: Body::Status(code) };
    let theirs = Some(Class { status, content_type: TEXT, body: Body::Text });
    Case { name, request, ours, theirs, because: STATUS }
}

fn compressed(mut case: Case, coding: &'static str) -> Case {
    case.request = case.request.with("Content-Encoding", coding);
    case
}

fn too_large(mut case: Case) -> Case {
    case.theirs = Some(case.ours);
    case.ours = Class { status: 413, body: Body::Status(2), ..case.ours };
    case.because = TOO_LARGE;
    case
}

/// The real Collector's message is not UTF-8, so the Collector cannot send the message.
fn not_utf8_in_theirs(mut case: Case) -> Case {
    case.theirs = Some(Class { status: 500, body: Body::Status(13), ..case.ours });
    case.because = BAD_DATA;
    case
}

fn accepted_by_theirs(mut case: Case, because: &'static str) -> Case {
    case.theirs = Some(Class { status: 200, body: Body::SuccessWithPartialSuccess, ..case.ours });
    case.because = because;
    case
}

/// A message whose field `path[0]` contains a message whose field `path[1]` contains the next
/// message, and so on. The last field in `path` contains `inner`.
pub fn nest(path: &[u32], inner: &[u8]) -> Vec<u8> {
    path.iter().rev().fold(inner.to_vec(), |message, field| {
        let mut out = Vec::new();
        prost::encoding::encode_key(*field, prost::encoding::WireType::LengthDelimited, &mut out);
        prost::encoding::encode_varint(message.len() as u64, &mut out);
        out.extend(message);
        out
    })
}

/// An exemplar of a gauge's data point.
fn exemplar(fields: &[u8]) -> Vec<u8> {
    // resource_metrics, scope_metrics, metrics, gauge, data_points, exemplars
    nest(&[1, 2, 2, 5, 1, 5], fields)
}

/// Arrays in arrays, as the value of an attribute of a resource.
fn deep_path(depth: usize) -> Vec<u32> {
    // resource_metrics, resource, attributes, value; then array_value and values repeatedly
    [[1, 1, 1, 2].as_slice(), &[5, 1].repeat(depth)].concat()
}
