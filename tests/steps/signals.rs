//! Failures of the back end, for each signal of the steps that send more than metrics.

use std::{
    io::{BufRead, BufReader, Write},
    thread,
    time::{Duration, Instant},
};

use harness::{Answer, Backend, Program, Running};
use tests::{Session, pointed_at, spans};

const OK: Answer = Answer::Status(200);

/// The steps, and what each sends besides metrics.
const STEPS: [(u8, &[Signal]); 1] = [(6, &[SPANS])];

struct Signal {
    name: &'static str,
    path: &'static str,
    processor: &'static str,
    dropped: &'static str,
}

const SPANS: Signal = Signal {
    name: "spans",
    path: "/v1/traces",
    processor: "BatchSpanProcessor",
    dropped: "dropped_span_count",
};

fn often(program: Program) -> Program {
    let names = ["OTEL_METRIC_EXPORT_INTERVAL", "OTEL_BSP_SCHEDULE_DELAY"];
    names.into_iter().fold(program, |program, name| program.env(name, "50"))
}

fn by_otlp(program: Program) -> Program {
    often(program).env_remove("APPLICATIONINSIGHTS_CONNECTION_STRING")
}

/// Many requests to a packet, each with an invalid name, which has no delay.
fn visit(step: &Running, visits: usize) {
    let mut stream = step.connect().unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    let reader = thread::spawn(move || {
        let mut line = String::new();
        for _ in 0..visits {
            let mut status = None;
            while {
                line.clear();
                answers.read_line(&mut line).unwrap();
                status.get_or_insert_with(|| line.contains(" 400 "));
                line != "\r\n"
            } {}
            assert_eq!(status, Some(true));
        }
    });
    for chunk in (0..visits).collect::<Vec<_>>().chunks(500) {
        let requests = "GET /%20/ HTTP/1.1\r\nHost: a\r\n\r\n".repeat(chunk.len());
        stream.write_all(requests.as_bytes()).unwrap();
    }
    reader.join().unwrap();
}

#[test]
fn sigterm_between_exports_loses_no_spans() {
    for (number, _) in STEPS {
        for set_up in [often, by_otlp] {
            let Session { step, backend, .. } = Session::with(number, set_up, |_| OK).unwrap();
            visit(&step, 2000);
            backend.wait_until(|requests| !spans(requests).is_empty());
            visit(&step, 3);
            assert!(step.stop().unwrap().status.success());
            assert_eq!(spans(&backend.requests()).len(), 2003, "step 0{number}");
        }
    }
}

#[test]
fn failed_exports_name_the_endpoint_and_the_cause() {
    for (number, signals) in STEPS {
        let azure = (often as fn(Program) -> Program, "/v2/track");
        let otlp = signals.iter().map(|signal| (by_otlp as fn(Program) -> Program, signal.path));
        for (set_up, path) in otlp.chain([azure]) {
            let gone = Backend::start(|_| OK).unwrap();
            let endpoint = format!("http://{}{path}: ", gone.address());
            let program = set_up(pointed_at(number, &gone));
            drop(gone);
            let step = program.start().unwrap();
            visit(&step, 1);
            let reported =
                |line: &str| line.starts_with(&endpoint) && line.contains("onnection refused");
            step.wait_for_stderr(|text| text.lines().any(reported)).unwrap();
            visit(&step, 1);
        }
    }
}

/// The step says which signal was lost, and goes on.
#[test]
fn rejected_exports_are_reported() {
    for (number, signals) in STEPS {
        let refuse = |_| Answer::Status(400);
        let Session { step, .. } = Session::with(number, by_otlp, refuse).unwrap();
        visit(&step, 1);
        for signal in signals {
            let report = format!("{}.ExportError", signal.processor);
            step.wait_for_stderr(|text| text.contains(&report)).unwrap();
        }
        visit(&step, 1);
        assert!(step.stop().unwrap().status.success());
    }
}

/// A defect of the SDK: `shutdown` of the batch processors discards the result of the last export,
/// unlike that of the metrics. Only the line of the SDK itself reports the loss.
#[test]
fn shutdown_is_silent_about_a_rejected_last_export() {
    for (number, signals) in STEPS {
        let hourly = |program| {
            let program = by_otlp(program).env("OTEL_BSP_SCHEDULE_DELAY", "3600000");
            program.env("OTEL_METRIC_EXPORT_INTERVAL", "3600000")
        };
        let Session { step, .. } = Session::with(number, hourly, |_| Answer::Status(400)).unwrap();
        visit(&step, 1);
        let stderr = step.stop().unwrap().stderr;
        assert!(stderr.contains("the last metrics may be lost"), "{stderr}");
        for signal in signals {
            assert!(!stderr.contains(&format!("the last {} may be lost", signal.name)), "{stderr}");
            assert!(stderr.contains(&format!("{}.ExportError", signal.processor)), "{stderr}");
        }
    }
}

/// The back end reads each request and never answers. A queue is full after 2048 items.
#[test]
#[ignore = "waits for timeouts of 5 s"]
fn app_serves_and_stops_while_every_signal_hangs() {
    for (number, signals) in STEPS {
        for set_up in [often, by_otlp] {
            let never = |_| Answer::Never;
            let session = Session::with(number, set_up, never).unwrap();
            visit(&session.step, 10_000);
            for signal in signals {
                let report = format!("{} dropped", signal.processor);
                session.step.wait_for_stderr(|text| text.contains(&report)).unwrap();
            }
            let asked = Instant::now();
            let finished = session.step.stop().unwrap();
            // Five seconds for each signal, and a reserve for a slow machine.
            let limit = Duration::from_secs(5 * (signals.len() as u64 + 1) + 5);
            assert!(asked.elapsed() < limit, "{:?}", asked.elapsed());
            assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
            let stderr = finished.stderr;
            assert!(stderr.contains("the last metrics may be lost"), "{stderr}");
            assert!(!stderr.contains(tests::KEY), "{stderr}");
            for signal in signals {
                let (name, dropped) = (signal.name, signal.dropped);
                assert!(stderr.contains(&format!("the last {name} may be lost")), "{stderr}");
                assert!(stderr.contains(&format!("{dropped}=")), "{stderr}");
            }
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "sends hundreds of thousands of requests"]
fn hanging_back_end_does_not_grow_memory() {
    for (number, _) in STEPS {
        let session = Session::with(number, often, |_| Answer::Never).unwrap();
        let memory = || harness::Memory::of(session.step.id()).unwrap().resident;
        visit(&session.step, 10_000);
        let before = memory();
        visit(&session.step, 200_000);
        let growth = memory().saturating_sub(before);
        assert!(growth < 5 << 20, "step 0{number} grew by {growth} bytes");
    }
}
