//! The program as its user meets it: what it says, how it starts, stops and copes.

mod common;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::http::{Request, connect};
use common::program::{LIMIT, Program, Stderr, stand_in_command, wait};
use common::requests::JSON;

/// A payload with one data point whose attribute is `text`.
fn payload(text: &str) -> Request {
    let json = serde_json::json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"gauge": {
        "dataPoints": [{"asInt": "1", "attributes": [{"key": "k", "value": {"stringValue": text}}]}],
    }}]}]}]});
    Request::post(JSON, json.to_string())
}

#[test]
fn stderr_says_where_and_what_it_is_and_stdout_stays_clean() {
    let mut stand_in = Program::stand_in();
    let seen = &stand_in.stderr.seen;
    assert_eq!(seen[0], format!("Listening on http://{}", stand_in.otlp));
    assert!(seen[1].contains("stand-in") && seen[1].contains("No gRPC"), "{seen:?}");
    assert_eq!(seen[2], format!("Health: http://{}/", stand_in.health));
    assert!(stand_in.otlp.ip().is_loopback() && stand_in.health.ip().is_loopback());
    assert_eq!(payload("x").send(stand_in.otlp).status, 200);
    stand_in.signal("TERM");
    assert!(stand_in.wait().success());
    let text = stand_in.stdout();
    assert!(text.starts_with("Metrics\t{\"resource metrics\": 1,"), "{text}");
}

#[test]
fn help_names_the_options_and_their_defaults() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_collector")).arg("--help").output().expect("help");
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).expect("UTF-8");
    for text in ["stand-in", "--listen", "127.0.0.1:4318", "--health", "127.0.0.1:13133", "no gRPC"]
    {
        assert!(help.contains(text), "{text:?} is not in {help}");
    }
}

#[test]
fn a_text_is_written_before_its_request_is_answered() {
    let stand_in = Program::stand_in();
    for number in 0..20 {
        let text = format!("number {number}");
        assert_eq!(payload(&text).send(stand_in.otlp).status, 200);
        let printed = stand_in.stdout();
        assert!(
            printed.contains(&format!("     -> k: Str({text})\n")),
            "{text} is not in {printed}"
        );
    }
}

#[test]
fn texts_of_concurrent_requests_never_mix() {
    let stand_in = Program::stand_in();
    // Longer than any buffer on the way.
    let letters = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|letter| letter.repeat(200_000));
    std::thread::scope(|scope| {
        for letters in &letters {
            scope.spawn(|| assert_eq!(payload(letters).send(stand_in.otlp).status, 200));
        }
    });
    let printed = stand_in.stdout();
    let mut values: Vec<_> = printed
        .lines()
        .filter_map(|line| line.strip_prefix("     -> k: Str(")?.strip_suffix(')'))
        .collect();
    values.sort_unstable();
    assert!(values == letters, "the texts are mixed up");
    assert_eq!(printed.matches("Metrics\t{").count(), letters.len());
}

#[test]
fn the_end_comes_soon_and_well_after_either_signal() {
    for signal in ["TERM", "INT"] {
        let mut stand_in = Program::stand_in();
        let started = Instant::now();
        stand_in.signal(signal);
        assert_eq!(stand_in.wait().code(), Some(0), "after {signal}");
        assert!(started.elapsed() < Duration::from_secs(2), "nobody was there to wait for");
    }
}

#[test]
fn stuck_clients_do_not_hold_up_the_end() {
    let mut stand_in = Program::stand_in();
    let request = payload(&"x".repeat(1000));
    let mut half_a_head = connect(stand_in.otlp);
    half_a_head.write_all(&request.head()[..20]).expect("sending");
    let mut half_a_body = connect(stand_in.otlp);
    half_a_body.write_all(&request.head()).expect("sending");
    half_a_body.write_all(&request.body[..20]).expect("sending");
    let silent = connect(stand_in.health);
    // Answered on a connection made later: the stand-in has seen the three.
    assert_eq!(payload("later").send(stand_in.otlp).status, 200);

    let started = Instant::now();
    stand_in.signal("TERM");
    assert_eq!(stand_in.wait().code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    drop((half_a_head, half_a_body, silent));
}

#[test]
fn a_request_under_way_is_finished_after_the_signal() {
    let mut stand_in = Program::stand_in();
    let request = payload("in time");
    let (first, rest) = request.body.split_at(10);
    let mut client = connect(stand_in.otlp);
    client.write_all(&[&request.head(), first].concat()).expect("sending");
    assert_eq!(payload("other").send(stand_in.otlp).status, 200);
    stand_in.signal("TERM");
    // Refused means that the signal has arrived.
    let deadline = Instant::now() + Duration::from_secs(1);
    while std::net::TcpStream::connect(stand_in.otlp).is_ok() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    client.write_all(rest).expect("sending");
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(stand_in.wait().code(), Some(0));
    assert!(stand_in.stdout().contains("Str(in time)"));
}

#[test]
fn a_closed_stdout_does_not_stop_it() {
    let mut child = stand_in_command().stdout(Stdio::piped()).spawn().expect("starting");
    let mut stderr = Stderr::of(&mut child);
    let otlp = stderr.wait_for("Listening on http://").parse().expect("an address");
    assert_eq!(payload("first").send(otlp).status, 200);
    let mut line = String::new();
    let mut head = BufReader::new(child.stdout.take().expect("a piped stdout"));
    head.read_line(&mut line).expect("a line");
    assert!(line.starts_with("Metrics\t"), "{line}");
    drop(head);
    // A program that another test starts at this moment may hold the pipe open a little longer.
    let deadline = Instant::now() + LIMIT;
    while !stderr.has("Cannot print") {
        assert!(Instant::now() < deadline, "it does not notice");
        assert_eq!(payload("second").send(otlp).status, 200);
    }
    for _ in 0..3 {
        assert_eq!(payload("third").send(otlp).status, 200);
    }
    let kill = Command::new("kill").arg(child.id().to_string()).status();
    assert!(kill.expect("running kill").success());
    assert_eq!(wait(&mut child).code(), Some(0));
    let complaints = stderr.rest();
    let complaints: Vec<_> =
        complaints.iter().filter(|line| line.contains("Cannot print")).collect();
    assert_eq!(complaints.len(), 1, "said once, not for every request: {complaints:?}");
}

#[test]
fn a_reader_who_stops_reading_does_not_hold_up_the_end() {
    let mut child = stand_in_command().stdout(Stdio::piped()).spawn().expect("starting");
    let mut stderr = Stderr::of(&mut child);
    let otlp = stderr.wait_for("Listening on http://").parse().expect("an address");
    let health = stderr.wait_for("Health: http://");
    // More than a pipe holds: the text stays stuck, and its request without an answer.
    let request = payload(&"x".repeat(4 * 1024 * 1024));
    let mut client = connect(otlp);
    client.write_all(&[request.head(), request.body].concat()).expect("sending");
    let mut first = [0];
    child.stdout.as_mut().expect("a pipe").read_exact(&mut first).expect("the first byte");
    let health = health.trim_end_matches('/').parse().expect("an address");
    assert_eq!(Request::get("/").send(health).status, 200, "the rest goes on");

    let started = Instant::now();
    let kill = Command::new("kill").arg(child.id().to_string()).status();
    assert!(kill.expect("running kill").success());
    assert_eq!(wait(&mut child).code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
}

#[test]
fn a_start_that_fails_says_why_in_one_line() {
    let holder = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = holder.local_addr().expect("an address").to_string();
    let free = "127.0.0.1:0";
    for (listen, health, says) in [
        (
            taken.as_str(),
            free,
            [taken.as_str(), "Another program has that port", "--listen 127.0.0.1:0"],
        ),
        (
            free,
            taken.as_str(),
            [taken.as_str(), "Another program has that port", "--health 127.0.0.1:0"],
        ),
        ("nonsense", free, ["nonsense", "invalid socket address", "--listen 127.0.0.1:0"]),
        (
            "192.0.2.1:4318",
            free,
            ["192.0.2.1:4318", "an address of this machine", "--listen 127.0.0.1:0"],
        ),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_collector"))
            .args(["--listen", listen, "--health", health])
            .output()
            .expect("running the stand-in");
        assert_eq!(output.status.code(), Some(1));
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        for text in says {
            assert!(stderr.contains(text), "{text:?} is not in {stderr}");
        }
        assert!(output.stdout.is_empty());
    }
}
