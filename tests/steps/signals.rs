//! Failures of the back end, for each signal of the steps that send more than metrics.

use std::{
    io::{BufRead, BufReader, Read, Write},
    thread,
    time::{Duration, Instant},
};

use harness::{Answer, Backend, Program, Running};
use tests::{Session, logs, pointed_at, spans};

const OK: Answer = Answer::Status(200);

/// The steps, and the signals that each sends besides metrics.
const STEPS: [(u8, &[Signal]); 2] = [(6, &[SPANS]), (7, &[SPANS, LOGS])];

/// The body of the response.
const PAGE: &str = "Nobody can tell now. Try again later.";

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

const LOGS: Signal = Signal {
    name: "logs",
    path: "/v1/logs",
    processor: "BatchLogProcessor",
    dropped: "dropped_logs_count",
};

/// Exports after a number of milliseconds. The step asks a process that does not exist, so each
/// visit has an immediate response, two spans, and in step 07 a log record.
fn exporting(program: Program, after: &str) -> Program {
    let names =
        ["OTEL_METRIC_EXPORT_INTERVAL", "OTEL_BSP_SCHEDULE_DELAY", "OTEL_BLRP_SCHEDULE_DELAY"];
    let program = program.env("VERDICT_URL", "http://127.0.0.1:9");
    names.into_iter().fold(program, |program, name| program.env(name, after))
}

fn often(program: Program) -> Program {
    exporting(program, "50")
}

fn by_otlp(program: Program) -> Program {
    often(program).env_remove("APPLICATIONINSIGHTS_CONNECTION_STRING")
}

/// Sends the requests, many in a packet.
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
                status.get_or_insert_with(|| line.contains(" 502 "));
                line != "\r\n"
            } {}
            answers.read_exact(&mut [0; PAGE.len()]).unwrap();
            assert_eq!(status, Some(true));
        }
    });
    for chunk in (0..visits).collect::<Vec<_>>().chunks(500) {
        let requests = "GET /Ada/ HTTP/1.1\r\nHost: a\r\n\r\n".repeat(chunk.len());
        stream.write_all(requests.as_bytes()).unwrap();
    }
    reader.join().unwrap();
}

#[test]
fn sigterm_between_exports_loses_nothing() {
    for (number, signals) in STEPS {
        for set_up in [often, by_otlp] {
            let Session { step, backend, .. } = Session::with(number, set_up, |_| OK).unwrap();
            // The queue has room for all spans if the exporter is slow.
            visit(&step, 1000);
            backend.wait_until(|requests| !spans(requests).is_empty());
            visit(&step, 3);
            assert!(step.stop().unwrap().status.success());
            let received = backend.requests();
            assert_eq!(spans(&received).len(), 2 * 1003, "step 0{number}");
            assert_eq!(logs(&received).len(), 1003 * (signals.len() - 1), "step 0{number}");
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

/// The step reports which signal was lost, and keeps running.
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

/// A defect of the SDK: unlike the `shutdown` of the metrics, that of the batch processors discards
/// the result of the last export. Only the SDK's own line reports the loss.
#[test]
fn shutdown_is_silent_about_a_rejected_last_export() {
    for (number, signals) in STEPS {
        let hourly = |program| exporting(by_otlp(program), "3600000");
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

/// The back end reads each request and never responds. A queue is full after 2048 items.
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
#[ignore = "sends tens of thousands of requests"]
fn hanging_back_end_does_not_grow_memory() {
    for (number, _) in STEPS {
        let session = Session::with(number, often, |_| Answer::Never).unwrap();
        let memory = || harness::Memory::of(session.step.id()).unwrap().resident;
        visit(&session.step, 10_000);
        let before = memory();
        visit(&session.step, 50_000);
        let growth = memory().saturating_sub(before);
        assert!(growth < 5 << 20, "step 0{number} grew by {growth} bytes");
    }
}
