//! When things go wrong: the app serves on, what can be kept is kept, and stderr says what is lost.

use std::{
    io::{BufRead, BufReader, Read, Write},
    thread,
    time::{Duration, Instant},
};

use harness::{Answer, Program, Running};
use tests::{Session, collector, greetings, pointed_at, requests, step};

const OK: Answer = Answer::Status(200);

fn often(program: Program) -> Program {
    program.env("OTEL_METRIC_EXPORT_INTERVAL", "50")
}

fn greet(step: &Running, times: usize) {
    for _ in 0..times {
        assert_eq!(step.get("/Ada/").unwrap().status, 200);
    }
}

/// What the Collector stand-in printed last of step 03's counter, over both verdicts.
fn printed(stdout: &str) -> i64 {
    let last = stdout.rsplit("Name: naughty_or_nice_counter").next().unwrap_or_default();
    let values = last.lines().filter_map(|line| line.strip_prefix("Value: "));
    values.map(|value| value.parse::<i64>().unwrap()).sum()
}

#[test]
fn a_collector_that_comes_late_gets_everything() {
    // A back end that was there and is gone: its port is free, and nobody listens.
    let gone = harness::Backend::start(|_| OK).unwrap();
    let address = gone.address();
    let program = often(pointed_at(3, &gone));
    drop(gone);
    let step = program.start().unwrap();
    greet(&step, 3);
    step.wait_for_stderr(|text| text.contains("network error")).unwrap();
    greet(&step, 4);
    let late = harness::Backend::at(address, |_| OK).unwrap();
    assert!(!late.wait_for(1).is_empty());
    let finished = step.stop().unwrap();
    assert!(finished.status.success());
    assert_eq!(greetings(&late.requests().last().unwrap().body), 7);
}

#[test]
fn a_collector_that_never_comes_costs_the_metrics_and_nothing_else() {
    let gone = harness::Backend::start(|_| OK).unwrap();
    let program = pointed_at(3, &gone);
    drop(gone);
    let step = program.start().unwrap();
    greet(&step, 3);
    let asked = Instant::now();
    let finished = step.stop().unwrap();
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
    assert_eq!(finished.status.code(), Some(0));
    let last = finished.stderr.lines().last().unwrap_or_default();
    assert!(last == "the last metrics may be lost", "{}", finished.stderr);
}

#[test]
fn a_collector_that_is_killed_and_restarted_has_the_whole_total_in_the_end() {
    let first = collector().start().unwrap();
    let address = first.address();
    let step = often(step(3).env("OTEL_EXPORTER_OTLP_ENDPOINT", first.url(""))).start().unwrap();
    greet(&step, 10);
    first.wait_for_stdout(|text| printed(text) == 10).unwrap();
    first.kill().unwrap();
    greet(&step, 200);
    step.wait_for_stderr(|text| text.contains("network error")).unwrap();
    let second = Program::new(tests::executable("collector"))
        .arg("--listen")
        .arg(address.to_string())
        .arg("--health")
        .arg("127.0.0.1:0")
        .start()
        .unwrap();
    greet(&step, 5);
    second.wait_for_stdout(|text| printed(text) == 215).unwrap();
    assert!(step.stop().unwrap().status.success());
}

#[test]
fn sigterm_between_two_exports_loses_nothing() {
    for (number, total) in [(3, greetings as fn(&[u8]) -> i64), (4, requests)] {
        let session = Session::with(number, often, |_| OK).unwrap();
        greet(&session.step, 20);
        session.wait_for_exports(1).unwrap();
        greet(&session.step, 3);
        let Session { step, backend, .. } = session;
        assert!(step.stop().unwrap().status.success());
        let mut totals = backend.requests().into_iter().map(|request| total(&request.body));
        // OTLP is cumulative: the last export says it all. Application Insights gets deltas.
        let whole = if number == 3 { totals.next_back() } else { Some(totals.sum()) };
        assert_eq!(whole, Some(23), "step 0{number}");
    }
}

#[test]
fn step_03_outlives_a_collector_in_trouble() {
    for (trouble, sign) in [
        (Answer::Status(503), "503"),
        (Answer::RetryAfter(429, 1), "429"),
        (Answer::Status(400), "400"),
    ] {
        let answer = move |before| if before < 2 { trouble } else { OK };
        let session = Session::with(3, often, answer).unwrap();
        greet(&session.step, 5);
        session.wait_for_exports(3).unwrap();
        greet(&session.step, 2);
        let Session { step, backend, .. } = session;
        let finished = step.stop().unwrap();
        assert!(finished.status.success());
        let requests = backend.requests();
        assert_eq!(greetings(&requests.last().unwrap().body), 7, "after {sign}");
        if matches!(trouble, Answer::RetryAfter(..)) {
            let pause = requests[1].at - requests[0].at;
            assert!(pause >= Duration::from_millis(900), "asked for a second, got {pause:?}");
        }
        // The others are tried again and succeed, so there is nothing to report.
        if matches!(trouble, Answer::Status(400)) {
            assert!(finished.stderr.contains(sign), "{}", finished.stderr);
        }
    }
}

/// Followed, a redirect would turn the export into a GET without a body, and a login page's 200
/// into success.
#[test]
fn a_redirect_is_an_error_and_no_success() {
    for (number, status) in [(3, 302), (3, 307), (4, 302), (4, 307)] {
        let answer = move |before| if before == 0 { Answer::Redirect(status) } else { OK };
        let session = Session::with(number, often, answer).unwrap();
        greet(&session.step, 1);
        let sign = status.to_string();
        session.step.wait_for_stderr(|text| text.contains(&sign)).unwrap();
        let Session { step, backend, .. } = session;
        assert!(step.stop().unwrap().status.success());
        assert!(backend.requests().iter().all(|request| request.path != "/elsewhere"));
    }
}

/// As on many a company's laptop. What is on this machine is not for the proxy.
#[test]
fn a_proxy_gets_nothing_of_what_is_for_this_machine() {
    let proxy = harness::Backend::start(|_| Answer::Status(502)).unwrap();
    let url = format!("http://{}", proxy.address());
    for number in [3, 4] {
        let proxied = |program: Program| {
            let names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"];
            names.into_iter().fold(often(program), |program, name| program.env(name, &url))
        };
        let session = Session::with(number, proxied, |_| OK).unwrap();
        greet(&session.step, 1);
        session.wait_for_exports(1).unwrap();
        let (finished, _) = session.stop().unwrap();
        assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    }
    assert!(proxy.requests().is_empty());
}

#[test]
fn step_04_sends_again_what_was_not_taken() {
    for trouble in [Answer::Status(503), Answer::RetryAfter(429, 30), Answer::Status(500)] {
        let answer = move |before| if before < 2 { trouble } else { OK };
        let session = Session::with(4, often, answer).unwrap();
        greet(&session.step, 5);
        session.wait_for_exports(3).unwrap();
        greet(&session.step, 2);
        let Session { step, backend, .. } = session;
        let finished = step.stop().unwrap();
        assert!(finished.status.success());
        assert!(finished.stderr.contains("next try in "), "{}", finished.stderr);
        assert!(!finished.stderr.contains(tests::KEY), "{}", finished.stderr);
        // The exporter has its own idea of when to try again, whatever `Retry-After` says.
        let requests_seen = backend.requests();
        assert!(requests_seen[1].at - requests_seen[0].at < Duration::from_secs(15));
        let taken = requests_seen.into_iter().skip(2).map(|request| requests(&request.body));
        assert_eq!(taken.sum::<i64>(), 7, "after {trouble:?}");
    }
}

/// A delta that was refused is gone: the exporter keeps nothing back. The book says so.
#[test]
fn step_04_loses_what_was_refused_and_says_so() {
    let answer = |before| if before == 0 { Answer::Status(400) } else { OK };
    let session = Session::with(4, often, answer).unwrap();
    greet(&session.step, 1);
    session.step.wait_for_stderr(|text| text.contains("400")).unwrap();
    greet(&session.step, 2);
    let Session { step, backend, .. } = session;
    assert!(step.stop().unwrap().status.success());
    let sent: Vec<_> = backend.requests().iter().map(|request| requests(&request.body)).collect();
    assert_eq!(sent[0], 1);
    assert_eq!(sent[1..].iter().sum::<i64>(), 2, "what was refused is not sent again");
}

#[test]
fn a_slow_back_end_stops_neither_the_app_nor_its_end() {
    for number in [3, 4] {
        let session = Session::with(number, often, |_| Answer::Never).unwrap();
        greet(&session.step, 3);
        session.wait_for_exports(1).unwrap();
        greet(&session.step, 3);
        let asked = Instant::now();
        let finished = session.step.stop().unwrap();
        assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
        assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
        assert!(finished.stderr.contains("the last metrics may be lost"), "{}", finished.stderr);
    }
}

#[test]
fn a_back_end_that_was_slow_once_gets_the_rest() {
    let answer = |before| if before == 0 { Answer::Never } else { OK };
    for (number, total) in [(3, greetings as fn(&[u8]) -> i64), (4, requests)] {
        let session = Session::with(number, often, answer).unwrap();
        greet(&session.step, 3);
        // The client gives up after 10 s.
        session.wait_for_exports(2).unwrap();
        greet(&session.step, 4);
        let Session { step, backend, .. } = session;
        assert!(step.stop().unwrap().status.success());
        let mut totals = backend.requests().into_iter().skip(1).map(|request| total(&request.body));
        let whole = if number == 3 { totals.next_back() } else { Some(totals.sum()) };
        assert_eq!(whole, Some(7), "step 0{number}");
    }
}

/// `cargo run -p step-02 | head -1`. The stdout exporter prints with `println!`, whose panic ends
/// the reader's thread; the day it does not, this test fails and the book's remark can go.
#[test]
fn a_closed_stdout_ends_the_metrics_and_not_the_app() {
    let mut step = often(step(2)).start().unwrap();
    greet(&step, 1);
    step.wait_for_stdout(|text| text.contains("Metrics\n")).unwrap();
    step.close_stdout();
    step.wait_for_stderr(|text| text.contains("failed printing to stdout")).unwrap();
    greet(&step, 10);
    let finished = step.stop().unwrap();
    assert_eq!(finished.status.code(), Some(0));
    let last = finished.stderr.lines().last().unwrap_or_default();
    assert!(last == "the last metrics may be lost", "{}", finished.stderr);
}

#[test]
fn sixty_kilobytes_of_name_are_a_name() {
    for (number, _) in tests::STEPS {
        let session = Session::start(number).unwrap();
        let name = "a".repeat(60_000);
        let reply = session.step.get(&format!("/{name}/")).unwrap();
        assert_eq!(reply.status, 200);
        assert!(reply.text().starts_with(&name));
        // More than the http crate takes in an address.
        let answer = session.step.raw(
            format!("GET /{}/ HTTP/1.1\r\nConnection: close\r\n\r\n", "a".repeat(70_000))
                .as_bytes(),
        );
        // The server may hang up before it was sent all of it.
        if let Ok(answer) = answer {
            assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        }
        greet(&session.step, 1);
    }
}

/// Asks for `names` names that nobody had before, many to a packet: what is tried here is the
/// memory, not the network.
fn ask_for_names(step: &Running, names: usize) {
    let mut stream = step.connect().unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    let reader = thread::spawn(move || {
        for _ in 0..names {
            let mut length = 0;
            let mut line = String::new();
            while {
                line.clear();
                answers.read_line(&mut line).unwrap();
                line != "\r\n"
            } {
                if let Some(value) = line.strip_prefix("content-length: ") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            answers.read_exact(&mut body).unwrap();
            assert!(body.ends_with(b"this year!"));
        }
    });
    for chunk in (0..names).collect::<Vec<_>>().chunks(500) {
        let requests = chunk.iter().map(|n| format!("GET /name{n}/ HTTP/1.1\r\nHost: a\r\n\r\n"));
        stream.write_all(requests.collect::<String>().as_bytes()).unwrap();
    }
    reader.join().unwrap();
}

/// Step 05 answers like step 04, only later, which would take days.
#[cfg(target_os = "linux")]
#[test]
fn two_hundred_thousand_names_leave_no_trace_in_memory() {
    for number in 1..=4 {
        let session = Session::start(number).unwrap();
        ask_for_names(&session.step, 2000);
        let memory = || harness::Memory::of(session.step.id()).unwrap().resident;
        let before = memory();
        ask_for_names(&session.step, 200_000);
        let growth = memory().saturating_sub(before);
        assert!(growth < 5 << 20, "step 0{number} grew by {growth} bytes");
    }
}

/// Step 05 sleeps, so a client can go away while it does.
#[test]
fn a_client_that_goes_away_is_counted_and_timed() {
    let seed = (0..1000).find(|&seed| fastrand::Rng::with_seed(seed).u64(0..=3) == 3).unwrap();
    let sleepy = |program: Program| often(program).env("SEED", seed.to_string());
    let session = Session::with(5, sleepy, |_| OK).unwrap();
    let mut client = session.step.connect().unwrap();
    client.write_all(b"GET /Ada/ HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    // The app takes one after the other, so once this is answered the other has begun.
    session.step.get("/favicon.ico").unwrap();
    drop(client);
    session.wait_for_exports(1).unwrap();
    let (_, exports) = session.stop().unwrap();
    let exports = exports.concat();
    assert!(exports.contains(r#""error.type":"aborted""#), "{exports}");
    assert!(exports.contains("request-count") && exports.contains("request-latency"), "{exports}");
}
