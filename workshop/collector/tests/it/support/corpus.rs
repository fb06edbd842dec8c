//! Payloads in OTLP/JSON for each signal: handwritten payloads with names, and random payloads from
//! a seed.

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use collector::{DecodeError, Encoding, ExportRequest, decode, print};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use serde_json::{Value, json};

/// A signal: the structure of its payloads, and the code of the stand-in that handles them.
pub struct Signal {
    /// The folder of its payloads, and of their snapshots.
    pub name: &'static str,
    pub path: &'static str,
    /// The keys of the lists of a request, from the outside in.
    pub lists: [&'static str; 3],
    item: fn(&mut fastrand::Rng) -> Value,
    print: fn(Encoding, &[u8]) -> Result<String, DecodeError>,
    to_protobuf: fn(&str) -> Vec<u8>,
}

pub const METRICS: Signal = Signal::new::<ExportMetricsServiceRequest>(
    "metrics",
    ["resourceMetrics", "scopeMetrics", "metrics"],
    metric,
);

pub const TRACES: Signal = Signal::new::<ExportTraceServiceRequest>(
    "traces",
    ["resourceSpans", "scopeSpans", "spans"],
    span,
);

pub const LOGS: Signal = Signal::new::<ExportLogsServiceRequest>(
    "logs",
    ["resourceLogs", "scopeLogs", "logRecords"],
    log_record,
);

pub const SIGNALS: [Signal; 3] = [METRICS, TRACES, LOGS];

impl Signal {
    const fn new<R: ExportRequest>(
        name: &'static str,
        lists: [&'static str; 3],
        item: fn(&mut fastrand::Rng) -> Value,
    ) -> Self {
        Self {
            name,
            path: R::PATH,
            lists,
            item,
            print: |encoding, body| decode::<R>(encoding, body).map(|request| print(&request)),
            to_protobuf: |json| {
                let request = decode::<R>(Encoding::Json, json.as_bytes());
                request.unwrap_or_else(|error| panic!("{error} in {json}")).encode_to_vec()
            },
        }
    }

    /// The payloads in `tests/corpus`, one for each special case. The files and the snapshots have
    /// the same names.
    pub fn by_hand(&self) -> Vec<(String, String)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(self.name);
        let files = fs::read_dir(&folder).expect("reading the folder of payloads");
        let mut corpus: Vec<_> = files
            .map(|file| {
                let path = file.expect("reading the folder of payloads").path();
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                (name, fs::read_to_string(path).expect("reading a payload"))
            })
            .collect();
        corpus.sort();
        corpus
    }

    /// The stand-in's text of a payload.
    pub fn print(&self, encoding: Encoding, body: &[u8]) -> Result<String, DecodeError> {
        (self.print)(encoding, body)
    }

    /// The same request in both encodings.
    ///
    /// The crate itself converts the JSON to Protobuf. A mistake in the conversion would show in
    /// the comparison with the real Collector, which receives both encodings.
    pub fn both_encodings(&self, json: &str) -> [(Encoding, Vec<u8>); 2] {
        [(Encoding::Json, json.as_bytes().to_vec()), (Encoding::Protobuf, (self.to_protobuf)(json))]
    }

    /// A random payload; the same seed gives the same payload on every machine.
    pub fn random(&self, seed: u64) -> String {
        let rng = &mut fastrand::Rng::with_seed(seed);
        let [resources, scopes, items] = self.lists;
        json!({resources: list(rng, 1..=2, |rng| json!({
            "schemaUrl": text(rng),
            "resource": {"attributes": attributes(rng)},
            scopes: list(rng, 1..=2, |rng| json!({
                "schemaUrl": text(rng),
                "scope": {"name": text(rng), "version": text(rng), "attributes": attributes(rng)},
                items: list(rng, 1..=4, self.item),
            })),
        }))})
        .to_string()
    }
}

fn span(rng: &mut fastrand::Rng) -> Value {
    let mut span = json!({
        "traceId": trace_id(rng), "spanId": span_id(rng), "traceState": text(rng),
        "name": text(rng), "kind": rng.i32(-1..7), "flags": rng.u32(..),
        "startTimeUnixNano": unsigned(rng), "endTimeUnixNano": unsigned(rng),
        "attributes": attributes(rng), "droppedAttributesCount": rng.u32(..),
        "events": list(rng, 0..=2, |rng| json!({
            "timeUnixNano": unsigned(rng), "name": text(rng), "attributes": attributes(rng),
            "droppedAttributesCount": rng.u32(..),
        })),
        "droppedEventsCount": rng.u32(..),
        "links": list(rng, 0..=2, |rng| json!({
            "traceId": trace_id(rng), "spanId": span_id(rng), "traceState": text(rng),
            "attributes": attributes(rng), "droppedAttributesCount": rng.u32(..),
            "flags": rng.u32(..),
        })),
        "droppedLinksCount": rng.u32(..),
    });
    if rng.bool() {
        span["parentSpanId"] = json!(span_id(rng));
    }
    if rng.bool() {
        span["status"] = json!({"code": rng.i32(-1..4), "message": text(rng)});
    }
    span
}

fn log_record(rng: &mut fastrand::Rng) -> Value {
    let mut record = json!({
        "timeUnixNano": unsigned(rng), "observedTimeUnixNano": unsigned(rng),
        "severityNumber": rng.i32(-1..26), "severityText": text(rng), "eventName": text(rng),
        "attributes": attributes(rng), "droppedAttributesCount": rng.u32(..),
        "flags": rng.u32(..),
    });
    if rng.u8(..4) > 0 {
        record["body"] = any_value(rng, 4);
    }
    if rng.bool() {
        record["traceId"] = json!(trace_id(rng));
        record["spanId"] = json!(span_id(rng));
    }
    record
}

/// An id in hex, in lower or upper case. Zeros or an empty string mean that there is no id.
fn trace_id(rng: &mut fastrand::Rng) -> String {
    match rng.u8(..8) {
        0 => String::new(),
        1 => "0".repeat(32),
        2 => format!("{:032X}", rng.u128(..)),
        _ => format!("{:032x}", rng.u128(..)),
    }
}

fn span_id(rng: &mut fastrand::Rng) -> String {
    let mut id = trace_id(rng);
    id.truncate(16);
    id
}

fn metric(rng: &mut fastrand::Rng) -> Value {
    let kinds = ["gauge", "sum", "histogram", "exponentialHistogram", "summary", "unknown"];
    let kind = kinds[rng.usize(..kinds.len())];
    json!({
        "name": text(rng), "description": text(rng), "unit": text(rng), "metadata": attributes(rng),
        kind: {
            "isMonotonic": rng.bool(),
            "aggregationTemporality": rng.i32(0..4),
            "dataPoints": list(rng, 0..=3, |rng| data_point(rng, kind)),
        },
    })
}

fn data_point(rng: &mut fastrand::Rng, kind: &str) -> Value {
    let mut point = json!({
        "attributes": attributes(rng),
        "startTimeUnixNano": unsigned(rng), "timeUnixNano": unsigned(rng), "flags": rng.u32(..),
    });
    let mut set = |key: &str, value: Value| point[key] = value;
    match kind {
        "gauge" | "sum" => {
            if rng.bool() {
                set("asInt", signed(rng));
            } else {
                set("asDouble", double(rng));
            }
        }
        "summary" => {
            set("count", unsigned(rng));
            set("sum", double(rng));
            set(
                "quantileValues",
                list(rng, 0..=3, |rng| json!({"quantile": double(rng), "value": double(rng)})),
            );
        }
        _ => {
            set("count", unsigned(rng));
            for key in ["sum", "min", "max"] {
                if rng.bool() {
                    set(key, double(rng));
                }
            }
            set("bucketCounts", list(rng, 0..=4, unsigned));
            set("explicitBounds", list(rng, 0..=4, double));
            // Beyond these scales, every bound is 0, 1 or infinite; the handwritten payloads cover
            // them.
            set("scale", json!(rng.i32(-10..=20)));
            set("zeroCount", unsigned(rng));
            for key in ["positive", "negative"] {
                let offset = rng.i32(-2000..2000);
                set(key, json!({"offset": offset, "bucketCounts": list(rng, 0..=6, unsigned)}));
            }
        }
    }
    if kind != "summary" {
        set("exemplars", list(rng, 0..=2, exemplar));
    }
    point
}

fn exemplar(rng: &mut fastrand::Rng) -> Value {
    let value = if rng.bool() { ("asInt", signed(rng)) } else { ("asDouble", double(rng)) };
    json!({
        "timeUnixNano": unsigned(rng), "filteredAttributes": attributes(rng), value.0: value.1,
        "traceId": trace_id(rng), "spanId": span_id(rng),
    })
}

fn attributes(rng: &mut fastrand::Rng) -> Value {
    list(rng, 0..=3, |rng| json!({"key": text(rng), "value": any_value(rng, 3)}))
}

fn any_value(rng: &mut fastrand::Rng, depth: u8) -> Value {
    match rng.u8(if depth == 0 { 0..6 } else { 0..8 }) {
        0 => json!({"stringValue": text(rng)}),
        1 => json!({"boolValue": rng.bool()}),
        2 => json!({"intValue": signed(rng)}),
        3 => json!({"doubleValue": double(rng)}),
        4 => json!({"bytesValue": "AAECAwQFBgcICQoLDA0ODw=="[..rng.usize(..6) * 4].to_owned()}),
        5 => json!({}),
        6 => json!({"arrayValue": {"values": list(rng, 0..=4, |rng| any_value(rng, depth - 1))}}),
        _ => json!({"kvlistValue": {"values":
            list(rng, 0..=4, |rng| json!({"key": text(rng), "value": any_value(rng, depth - 1)}))}}),
    }
}

fn list(
    rng: &mut fastrand::Rng,
    size: RangeInclusive<usize>,
    item: impl Fn(&mut fastrand::Rng) -> Value,
) -> Value {
    (0..rng.usize(size)).map(|_| item(rng)).collect()
}

fn text(rng: &mut fastrand::Rng) -> String {
    match rng.u8(..4) {
        0 => STRINGS[rng.usize(..STRINGS.len())].to_owned(),
        1 => (0..rng.usize(..8)).map(|_| rng.char(..)).collect(),
        _ => (0..rng.usize(..8)).map(|_| rng.lowercase()).collect(),
    }
}

/// A random bit pattern, an edge case or, half of the time, an everyday number.
fn double(rng: &mut fastrand::Rng) -> Value {
    let value = match rng.u8(..4) {
        0 => f64::from_bits(rng.u64(..)),
        1 => DOUBLES[rng.usize(..DOUBLES.len())],
        2 => rng.f64() * 1000.0,
        _ => f64::from(rng.i16(..)) / 8.0,
    };
    match value {
        _ if rng.u8(..20) == 0 => json!("-Infinity"),
        value if value.is_nan() => json!("NaN"),
        value if value.is_infinite() => json!("Infinity"),
        value => json!(value),
    }
}

/// A 64-bit number of any size, as a number or, as most exporters write it, as a string.
fn unsigned(rng: &mut fastrand::Rng) -> Value {
    let value = rng.u64(..) >> rng.u32(..64);
    if rng.bool() { json!(value) } else { json!(value.to_string()) }
}

fn signed(rng: &mut fastrand::Rng) -> Value {
    let value = rng.i64(..) >> rng.u32(..64);
    if rng.bool() { json!(value) } else { json!(value.to_string()) }
}

/// Numbers at the limits of Go's formats, and numbers that reveal rounding errors.
const DOUBLES: [f64; 26] = [
    0.0,
    -0.0,
    1.0,
    -1.5,
    0.1,
    0.3,
    1e6,
    1e20,
    1e21,
    -1e21,
    9.999_999_999_999_999e20,
    1e22,
    1e100,
    f64::MAX,
    f64::MIN,
    1e-6,
    9.999_999e-7,
    1e-7,
    -1.5e-9,
    1.234e-10,
    f64::MIN_POSITIVE,
    5e-324,
    0.000_000_5,
    2.5e-6,
    3_869_675_994_360_797.0 / 4.0,
    -3_869_675_994_360_799.0 / 4.0,
];

/// Characters with a special meaning in JSON, HTML, Unicode or a terminal.
const STRINGS: [&str; 14] = [
    "",
    "plain",
    "Grüße, 世界 😀",
    "<b>&amp;'\"</b>",
    "back\\slash /",
    "\u{0}\u{1}\u{1f}\u{7f}",
    "\u{8}\u{c}\n\r\t\u{b}",
    "\u{80}\u{9f}\u{a0}",
    "\u{2028}\u{2029}\u{200b}",
    "\u{feff}",
    "\u{fffd}",
    "\u{ffff}\u{10ffff}",
    "e\u{301}",
    "\u{202e}backwards",
];
