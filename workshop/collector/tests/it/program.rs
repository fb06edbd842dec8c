//! The program from the user's view: its start, its output and its end.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use harness::http::{Request, connect};

use crate::support::{
    post,
    program::{Collector, health, program, stand_in},
    requests::JSON,
};

/// The limit for a response, longer than any test needs.
const LIMIT: Duration = Duration::from_secs(60);

/// A payload with one data point whose attribute is `text`.
fn payload(text: &str) -> Request {
    let json = serde_json::json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"gauge": {
        "dataPoints": [{"asInt": "1", "attributes": [{"key": "k", "value": {"stringValue": text}}]}],
    }}]}]}]});
    post(JSON, json.to_string())
}

#[test]
fn startup_lines_go_to_stderr_and_metrics_to_stdout() {
    let stand_in = Collector::stand_in();
    let stderr = stand_in.running.stderr();
    let lines: Vec<_> = stderr.lines().collect();
    assert_eq!(lines[0], format!("Listening on http://{}", stand_in.otlp));
    assert!(lines[1].contains("stand-in") && lines[1].contains("No gRPC"), "{stderr}");
    assert_eq!(lines[2], format!("Health: http://{}/", stand_in.health));
    assert!(stand_in.otlp.ip().is_loopback() && stand_in.health.ip().is_loopback());
    assert_eq!(payload("x").send(stand_in.otlp).unwrap().status, 200);
    let finished = stand_in.running.stop().unwrap();
    assert!(finished.status.success());
    let text = finished.stdout;
    assert!(text.starts_with("Metrics\t{\"resource metrics\": 1,"), "{text}");
}

#[test]
fn help_names_the_options_and_their_defaults() {
    let finished = program().arg("--help").run().unwrap();
    assert!(finished.status.success());
    let help = finished.stdout;
    for text in ["stand-in", "--listen", "127.0.0.1:4318", "--health", "127.0.0.1:13133", "no gRPC"]
    {
        assert!(help.contains(text), "{text:?} is not in {help}");
    }
}

#[test]
fn prints_a_request_before_the_response() {
    let stand_in = Collector::stand_in();
    for number in 0..20 {
        let text = format!("number {number}");
        assert_eq!(payload(&text).send(stand_in.otlp).unwrap().status, 200);
        let printed = stand_in.running.stdout();
        assert!(
            printed.contains(&format!("     -> k: Str({text})\n")),
            "{text} is not in {printed}"
        );
    }
}

#[test]
fn texts_of_concurrent_requests_do_not_mix() {
    let stand_in = Collector::stand_in();
    // Longer than any buffer between the client and the file.
    let letters = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|letter| letter.repeat(200_000));
    thread::scope(|scope| {
        for letters in &letters {
            scope.spawn(|| {
                assert_eq!(payload(letters).send(stand_in.otlp).unwrap().status, 200);
            });
        }
    });
    let printed = stand_in.running.stdout();
    let mut values: Vec<_> = printed
        .lines()
        .filter_map(|line| line.strip_prefix("     -> k: Str(")?.strip_suffix(')'))
        .collect();
    values.sort_unstable();
    assert!(values == letters, "the texts are mixed up");
    assert_eq!(printed.matches("Metrics\t{").count(), letters.len());
}

#[test]
fn exits_with_0_on_sigterm_and_sigint() {
    let terminated = Collector::stand_in().running.stop().unwrap();
    assert_eq!(terminated.status.code(), Some(0), "{}", terminated.stderr);
    let interrupted = Collector::stand_in().running.interrupt().unwrap();
    assert_eq!(interrupted.status.code(), Some(0), "{}", interrupted.stderr);
}

#[test]
#[ignore = "waits for a timeout of 3 s"]
fn shutdown_does_not_wait_for_stuck_clients() {
    let stand_in = Collector::stand_in();
    let request = payload(&"x".repeat(1000));
    let head = request.head(stand_in.otlp);
    let mut half_a_head = connect(stand_in.otlp, LIMIT).unwrap();
    half_a_head.write_all(&head[..20]).unwrap();
    let mut half_a_body = connect(stand_in.otlp, LIMIT).unwrap();
    half_a_body.write_all(&head).unwrap();
    half_a_body.write_all(&request.body[..20]).unwrap();
    let silent = connect(stand_in.health, LIMIT).unwrap();
    // This connection is newer, so the stand-in has already accepted the other three.
    assert_eq!(payload("later").send(stand_in.otlp).unwrap().status, 200);

    let started = Instant::now();
    let finished = stand_in.running.stop().unwrap();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    drop((half_a_head, half_a_body, silent));
}

#[test]
fn open_requests_are_finished_after_sigterm() {
    let stand_in = Collector::stand_in();
    let request = payload("in time");
    let (first, rest) = request.body.split_at(10);
    let mut client = connect(stand_in.otlp, LIMIT).unwrap();
    client.write_all(&[&request.head(stand_in.otlp), first].concat()).unwrap();
    assert_eq!(payload("other").send(stand_in.otlp).unwrap().status, 200);
    stand_in.running.terminate().unwrap();
    let refused = || TcpStream::connect(stand_in.otlp).is_err();
    harness::wait_until("the signal has arrived: connections are refused", refused).unwrap();
    client.write_all(rest).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let finished = stand_in.running.wait().unwrap();
    assert_eq!(finished.status.code(), Some(0));
    assert!(finished.stdout.contains("Str(in time)"));
}

#[test]
fn closed_stdout_is_reported_once_and_does_not_stop_the_program() {
    let mut running = stand_in().start().unwrap();
    let otlp = running.address();
    running.close_stdout();
    assert_eq!(payload("first").send(otlp).unwrap().status, 200);
    // Only a later request fails to be printed: the reader closes the pipe after the first text.
    let mut noticed = || {
        assert_eq!(payload("second").send(otlp).unwrap().status, 200);
        running.stderr().contains("Cannot print")
    };
    harness::wait_until("stderr reports that stdout is closed", &mut noticed).unwrap();
    for _ in 0..3 {
        assert_eq!(payload("third").send(otlp).unwrap().status, 200);
    }
    let finished = running.stop().unwrap();
    assert_eq!(finished.status.code(), Some(0));
    let said = finished.stderr.matches("Cannot print").count();
    assert_eq!(said, 1, "once, not for every request: {}", finished.stderr);
}

#[test]
#[ignore = "waits for a timeout of 3 s"]
fn shutdown_does_not_wait_for_a_reader_of_stdout() {
    let mut running = stand_in().leave_stdout_unread().start().unwrap();
    let health = health(&running);
    // The text exceeds the capacity of a pipe, so the program cannot print all of it and does not
    // respond.
    let request = payload(&"x".repeat(4 * 1024 * 1024));
    let mut client = running.connect().unwrap();
    client.write_all(&[request.head(running.address()), request.body].concat()).unwrap();
    let mut first = [0];
    running.unread_stdout().unwrap().read_exact(&mut first).unwrap();
    assert_eq!(Request::get("/").send(health).unwrap().status, 200, "health checks still work");

    let started = Instant::now();
    let finished = running.stop().unwrap();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
}

#[test]
fn a_failed_start_prints_one_line_with_the_reason() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    let taken = taken.as_str();
    let free = "127.0.0.1:0";
    let other_program = "Another program has that port";
    let not_here = "192.0.2.1:4318";
    for (listen, health, reasons) in [
        (taken, free, [taken, other_program, "--listen 127.0.0.1:0"]),
        (free, taken, [taken, other_program, "--health 127.0.0.1:0"]),
        ("nonsense", free, ["nonsense", "invalid socket address", "--listen 127.0.0.1:0"]),
        (not_here, free, [not_here, "an address of this machine", "--listen 127.0.0.1:0"]),
    ] {
        let finished = program().args(["--listen", listen, "--health", health]).run().unwrap();
        assert_eq!(finished.status.code(), Some(1));
        let stderr = finished.stderr;
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        for text in reasons {
            assert!(stderr.contains(text), "{text:?} is not in {stderr}");
        }
        assert!(finished.stdout.is_empty());
    }
}
