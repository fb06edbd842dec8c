//! Damaged payloads cause neither a panic nor memory growth. `fuzz/` tries more payloads.
//!
//! These tests are a separate binary, because they measure the memory of their process.

use collector::Encoding;
use corpus::{LOGS, METRICS, SIGNALS, Signal, TRACES};

#[path = "it/support/corpus.rs"]
mod corpus;

#[test]
fn damaged_metrics_are_refused_or_printed() {
    damaged_payloads_are_refused_or_printed(&METRICS);
}

#[test]
fn damaged_traces_are_refused_or_printed() {
    damaged_payloads_are_refused_or_printed(&TRACES);
}

#[test]
fn damaged_logs_are_refused_or_printed() {
    damaged_payloads_are_refused_or_printed(&LOGS);
}

fn damaged_payloads_are_refused_or_printed(signal: &Signal) {
    let payloads = payloads(signal);
    let outcomes = try_damaged(2_000, signal, &payloads, &mut fastrand::Rng::with_seed(1));
    assert!(outcomes.printed > 200 && outcomes.refused > 200, "{outcomes:?}");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "decodes a hundred thousand payloads of each signal"]
fn damaged_payloads_do_not_grow_memory() {
    let memory = || harness::Memory::of(std::process::id()).expect("this process");
    for signal in SIGNALS {
        let (payloads, mut rng) = (payloads(&signal), fastrand::Rng::with_seed(0));
        try_damaged(10_000, &signal, &payloads, &mut rng);
        let before = memory();
        let outcomes = try_damaged(90_000, &signal, &payloads, &mut rng);
        assert!(outcomes.printed > 10_000 && outcomes.refused > 10_000, "{outcomes:?}");
        let after = memory();
        let [resident, peak] =
            [after.resident, after.peak].map(|size| size.saturating_sub(before.resident));
        assert!(resident < 4 << 20, "{}: {resident} bytes stay", signal.name);
        assert!(peak < 32 << 20, "{}: {peak} bytes at most", signal.name);
    }
}

/// A request in JSON and in Protobuf.
type Encoded = [Vec<u8>; 2];

/// The payloads to damage. They are short, so that a change is more likely to have an effect.
fn payloads(signal: &Signal) -> Vec<Encoded> {
    let by_hand = signal.by_hand().into_iter().map(|(_, json)| json);
    let random = (0..500).map(|seed| signal.random(seed));
    let short = random.chain(by_hand).filter(|json| json.len() < 4_000);
    let encoded = short.map(|json| signal.both_encodings(&json).map(|(_, body)| body));
    let payloads: Vec<_> = encoded.filter(|[_, protobuf]| !protobuf.is_empty()).collect();
    assert!(payloads.len() > 100, "only {} payloads to damage", payloads.len());
    payloads
}

#[derive(Debug, Default)]
struct Outcomes {
    printed: usize,
    refused: usize,
}

fn try_damaged(
    times: usize,
    signal: &Signal,
    payloads: &[Encoded],
    rng: &mut fastrand::Rng,
) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for _ in 0..times {
        let bodies = &payloads[rng.usize(..payloads.len())];
        let (encoding, body) = if rng.bool() {
            (Encoding::Json, &bodies[0])
        } else {
            (Encoding::Protobuf, &bodies[1])
        };
        let payload = Payload { path: signal.path, encoding, body: damage(body, rng) };
        match signal.print(encoding, &payload.body) {
            Ok(text) => {
                assert!(text.is_empty() || text.ends_with("\n\n"), "the text has no end");
                outcomes.printed += 1;
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                outcomes.refused += 1;
            }
        }
    }
    outcomes
}

/// A payload, which is printed if it makes the code panic.
struct Payload {
    path: &'static str,
    encoding: Encoding,
    body: Vec<u8>,
}

impl Drop for Payload {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "the payload for {}, {:?}: {:?}",
                self.path,
                self.encoding,
                self.body.escape_ascii().to_string()
            );
        }
    }
}

/// In half of the cases, changes a digit or flips a bit; the result is often still a request.
/// Otherwise, makes one or two larger changes; the result is seldom a request.
fn damage(body: &[u8], rng: &mut fastrand::Rng) -> Vec<u8> {
    let mut body = body.to_vec();
    if rng.bool() {
        for _ in 0..rng.usize(1..=2) {
            let at = rng.usize(..body.len());
            let digit = body[at].is_ascii_digit();
            body[at] = if digit { rng.u8(b'0'..=b'9') } else { body[at] ^ (1 << rng.u8(..8)) };
        }
        return body;
    }
    for _ in 0..rng.usize(1..=2) {
        let at = rng.usize(..=body.len());
        let to = at + rng.usize(..=(body.len() - at).min(16));
        let piece: Vec<u8> = match rng.u8(..5) {
            0 => Vec::new(),
            1 => vec![rng.u8(..)],
            2 => vec![0xff; rng.usize(..12)],
            3 => body[at..to].repeat(3),
            _ => PIECES[rng.usize(..PIECES.len())].as_bytes().to_vec(),
        };
        body.splice(at..to, piece);
    }
    body
}

/// Fragments of JSON.
const PIECES: [&str; 16] = [
    "null",
    "true",
    "{}",
    "[]",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "1e999",
    "-0",
    "\"NaN\"",
    "\\ud800",
    "99999999999999999999",
];
