//! A hundred thousand broken bodies do not make the decoder panic, hang or leak memory.
//!
//! This test is a separate process, because it measures the memory of the process.

use std::io::Write as _;

use app_insights::{
    ingest::{
        self,
        decode::{Encoding, Framing, decode},
        report,
    },
    store::{Limits, Store},
    transactions::Tree,
};
use fastrand::Rng;
use flate2::{Compression, write::GzEncoder};
use jiff::Timestamp;

const SEEDS: [&str; 7] = [
    include_str!("fixtures/python-1.0.0b58.json"),
    r#"[{"name":"Microsoft.ApplicationInsights.Metric","time":"2026-11-22T12:00:00.000Z","iKey":"k","tags":{"ai.cloud.role":"app"},"data":{"baseType":"MetricData","baseData":{"ver":2,"metrics":[{"name":"request-latency","kind":"Aggregation","count":3,"min":0.5,"max":2000.0,"value":2013.0}],"properties":{"value":"nice"}}}}]"#,
    r#"{"name":"n","time":"2026-11-22T12:00:00Z","iKey":"k","data":{"baseType":"MetricData","baseData":{"ver":2,"metrics":[{"name":"m","value":1e308,"kind":"Measurement"}]}}}"#,
    "{\"name\":\"n\",\"time\":\"2026-11-22T12:00:00Z\",\"iKey\":\"k\"}\n{\"name\":\"n\",\"time\":\"2026-11-21T12:00:00+01:00\",\"iKey\":\"k\",\"data\":{\"baseType\":\"MessageData\"}}\n",
    r#"[{"name":"n","time":"2026-11-22T12:00:00Z","iKey":"k","sampleRate":25.0,"tags":{"ai.cloud.role":"shop","ai.operation.id":"4bf92f3577b34da6a3ce929d0e0e4736","ai.operation.parentId":"2"},"data":{"baseType":"RequestData","baseData":{"ver":2,"id":"1","name":"GET /","duration":"0.00:00:01.234567","responseCode":"500","success":false,"url":"http://a/","properties":{"a":"b"},"measurements":{"m":1.5}}}},{"name":"n","time":"2026-11-22T12:00:00Z","iKey":"k","tags":{"ai.operation.id":"4bf92f3577b34da6a3ce929d0e0e4736","ai.operation.parentId":"1"},"data":{"baseType":"RemoteDependencyData","baseData":{"ver":2,"id":"2","name":"ask","duration":"00:00:00.1","resultCode":"0","type":"HTTP"}}}]"#,
    r#"[{"name":"n","time":"2026-11-22T12:00:00Z","iKey":"k","tags":{"ai.operation.id":"t","ai.operation.parentId":"1"},"data":{"baseType":"ExceptionData","baseData":{"ver":2,"exceptions":[{"typeName":"E","message":"m","stack":"a\nb"}],"severityLevel":3}}},{"name":"n","time":"2026-11-22T12:00:00Z","iKey":"k","tags":{"ai.operation.id":"t"},"data":{"baseType":"MessageData","baseData":{"ver":2,"message":"hello","severityLevel":"Warning"}}},{"name":"n","time":"2026-11-22T12:00:00Z","iKey":"k","data":{"baseType":"AvailabilityData","baseData":{"ver":2,"id":"1","name":"p","duration":"1.00:00:00","success":true}}}]"#,
    "[[[[{\"\\ud800\":\"\\u0000\"},-0.0,1e999,null,true]]]]",
];

/// Tokens of JSON, and strings that are hard to parse.
const PIECES: [&str; 20] = [
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\n",
    "null",
    "-1",
    "1e999",
    "0",
    "\"\\ud800\"",
    "é",
    "\u{202e}",
    "9007199254740993",
    "\"2026-11-22T12:00:00Z\"",
    "\"9999-12-31T23:59:60Z\"",
    "[[[[[",
];

fn mutate(bytes: &mut Vec<u8>, random: &mut Rng) {
    for _ in 0..random.usize(1..5) {
        let at = random.usize(..=bytes.len());
        let piece = random.choice(PIECES).unwrap_or_default().as_bytes();
        match random.u8(..6) {
            0 if at < bytes.len() => bytes[at] = random.u8(..),
            1 if at < bytes.len() => bytes[at] ^= 1 << random.u8(..8),
            2 => bytes.truncate(at),
            3 => {
                let end = (at + random.usize(..40)).min(bytes.len());
                bytes.splice(at..end, piece.iter().copied());
            }
            4 => {
                let end = (at + random.usize(..40)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            _ => {
                bytes.splice(at..at, piece.iter().copied());
            }
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[cfg(target_os = "linux")]
fn resident_mebibytes() -> u64 {
    harness::Memory::of(std::process::id()).unwrap().resident >> 20
}

#[test]
#[ignore = "decodes 100,000 bodies"]
fn broken_bodies_are_refused_without_a_leak() {
    let now: Timestamp = "2026-11-22T16:00:00Z".parse().unwrap();
    let limits = Limits { series: 100, entries: 1000, ..Limits::default() };
    let store = Store::new(10, limits, move || now);
    let mut random = Rng::with_seed(319);
    let (mut accepted, mut refused, mut unreadable) = (0, 0, 0);
    #[cfg(target_os = "linux")]
    let mut before = None;
    for round in 0..100_000 {
        #[cfg(target_os = "linux")]
        if round == 10_000 {
            before = Some(resident_mebibytes());
        }
        let mut bytes = random.choice(SEEDS).unwrap_or_default().as_bytes().to_vec();
        let packed = random.u8(..4) == 0;
        // Breaks either the text or the compressed bytes.
        let inside = random.bool();
        if !packed || inside {
            mutate(&mut bytes, &mut random);
        }
        if packed {
            bytes = gzip(&bytes);
            if !inside {
                mutate(&mut bytes, &mut random);
            }
        }
        let encoding = if packed { Encoding::Gzip } else { Encoding::Identity };
        let framing = if random.bool() { Framing::Json } else { Framing::JsonStream };
        let Ok(items) = decode(&bytes, encoding, framing, now) else {
            unreadable += 1;
            continue;
        };
        let dropped = store.record(ingest::points(&items)).dropped;
        store.keep(ingest::entries(&items));
        let line = report::line(&items, dropped);
        assert!(!line.contains(char::is_control), "round {round}: {line:?}");
        refused += items.iter().filter(|item| item.is_err()).count();
        accepted += items.iter().filter(|item| item.is_ok()).count();
    }
    // All three results occur.
    assert!(accepted > 10_000 && refused > 10_000 && unreadable > 10_000);
    println!("accepted {accepted} items, refused {refused}; {unreadable} bodies unreadable");
    assert_eq!(store.status().series, 100);
    let tree = Tree::new(store.find(usize::MAX, |_| true).entries).unwrap();
    assert_eq!((store.kept().entries, tree.entries().count()), (1000, 1000));
    #[cfg(target_os = "linux")]
    {
        let after = resident_mebibytes();
        let before = before.unwrap();
        assert!(after <= before + 5, "{before} MiB grew to {after} MiB");
    }
}
