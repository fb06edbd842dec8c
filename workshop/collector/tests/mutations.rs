//! A hundred thousand damaged payloads: no panic, and no memory that stays or swells.
//!
//! `fuzz/` goes further, for hours if need be; this is what there is time for in every test run.

mod common;

use collector::{Encoding, decode, print};
use common::{both_encodings, corpus, program};

const PAYLOADS: usize = 100_000;

#[test]
fn damaged_payloads_are_refused_or_printed_and_leave_nothing_behind() {
    let mut corpus: Vec<_> = (0..500).map(corpus::random).collect();
    corpus.extend(corpus::by_hand().into_iter().map(|(_, json)| json));
    // Short ones: a hit is then more likely to matter, and the test takes seconds.
    corpus.retain(|json| json.len() < 4_000);
    let corpus: Vec<_> =
        corpus.iter().map(|json| both_encodings(json).map(|(_, body)| body)).collect();
    let corpus: Vec<_> = corpus.into_iter().filter(|[_, protobuf]| !protobuf.is_empty()).collect();
    assert!(corpus.len() > 100, "only {} payloads to damage", corpus.len());

    let rng = &mut fastrand::Rng::with_seed(0);
    let (mut printed, mut refused) = (0, 0);
    let mut memory_after_a_while = None;
    for number in 0..PAYLOADS {
        let bodies = &corpus[rng.usize(..corpus.len())];
        let (encoding, body) = if rng.bool() {
            (Encoding::Json, &bodies[0])
        } else {
            (Encoding::Protobuf, &bodies[1])
        };
        let payload = Payload { encoding, body: damage(body, rng) };
        match decode(encoding, &payload.body) {
            Ok(request) => {
                let text = print(&request);
                assert!(
                    text.is_empty() || text.ends_with("\n\n"),
                    "the end of the text is missing"
                );
                printed += 1;
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        }
        if number == PAYLOADS / 10 {
            memory_after_a_while = memory();
        }
    }
    assert!(printed > 10_000 && refused > 10_000, "{printed} printed, {refused} refused");
    if let (Some(before), Some(after)) = (memory_after_a_while, memory()) {
        let [resident, peak] =
            [after.resident, after.peak].map(|size| size.saturating_sub(before.resident));
        assert!(resident < 4 << 20, "{resident} bytes stay");
        assert!(peak < 32 << 20, "{peak} bytes at the most");
    }
}

/// Shown when a payload makes the code panic.
struct Payload {
    encoding: Encoding,
    body: Vec<u8>,
}

impl Drop for Payload {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "the payload, {:?}: {:?}",
                self.encoding,
                self.body.escape_ascii().to_string()
            );
        }
    }
}

/// Half of the time another digit or a flipped bit, which is often still a request; else a hit or
/// two, which seldom is.
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

/// What JSON and this schema are made of.
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

/// What this process holds of memory, in bytes.
struct Memory {
    resident: usize,
    peak: usize,
}

/// Measured on Linux alone.
fn memory() -> Option<Memory> {
    let id = std::process::id();
    let measure = |line| program::memory(id, line);
    cfg!(target_os = "linux").then(|| Memory { resident: measure("VmRSS"), peak: measure("VmHWM") })
}
