//! Programs that misbehave. Each program is a line for `sh`.
#![cfg(unix)]

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
    time::Duration,
};

use harness::{
    Error, KillSwitch, Program,
    http::{self, Reply, Request},
};

/// For waits that are expected to fail.
const SHORT: Duration = Duration::from_millis(200);

fn sh(script: &str) -> Program {
    Program::new("sh").args(["-c", script])
}

const LISTENS: &str = "echo warning: unused >&2; \
                       echo 'Listening on http://127.0.0.1:4711 (try something)' >&2;";

#[test]
fn the_ready_line_has_the_address() {
    let running = sh(&format!("{LISTENS} exec sleep 60")).start().unwrap();
    assert_eq!(running.address().port(), 4711);
    assert_eq!(running.url("/a"), "http://127.0.0.1:4711/a");
    assert!(running.is_running().unwrap());
    assert!(!running.kill().unwrap().status.success());
}

#[test]
fn a_program_that_ends_at_once_is_an_error_with_its_output() {
    let error = sh("echo out; echo bad luck >&2; exit 3").start().unwrap_err();
    let message = error.to_string();
    let expected = "the program ended (exit status: 3) before it was ready; stdout: out\n; \
                    stderr: bad luck\n";
    assert_eq!(message, expected);
    assert!(matches!(error, Error::Ended(finished) if finished.status.code() == Some(3)));
}

#[test]
fn a_program_without_a_ready_line_is_an_error() {
    let error = sh("echo hello >&2; exec sleep 60").limit(SHORT).start().unwrap_err();
    assert_eq!(
        error.to_string(),
        "waited 200ms for its ready line; stdout: (empty); stderr: hello\n"
    );
}

#[test]
fn a_program_that_closes_its_output_is_an_error() {
    let error = sh("exec >&- 2>&-; exec sleep 60").start().unwrap_err();
    assert!(matches!(error, Error::Missing { .. }), "{error}");
}

#[test]
fn a_program_that_does_not_exist_is_an_error_with_its_name() {
    let error = Program::new("no-such-program").run().unwrap_err();
    assert!(error.to_string().starts_with("cannot start no-such-program: "), "{error}");
}

#[test]
fn a_sign_is_found_on_either_stream() {
    for script in ["echo ready; exec sleep 60", "echo ready >&2; exec sleep 60"] {
        sh(script).start_when("ready").unwrap();
    }
}

#[test]
fn kept_output_is_bounded() {
    let running = sh("exec yes").output_limit(1000).spawn().unwrap();
    running.wait_for_stdout_after(1_000_000).unwrap();
    let stdout = running.kill().unwrap().stdout;
    assert!(stdout.starts_with("y\ny\n") && stdout.ends_with('\n'), "{stdout}");
    assert!(stdout.contains(" bytes left out]"), "{stdout}");
    assert!(stdout.len() < 1100, "{}", stdout.len());
}

#[test]
fn a_program_that_ignores_signals_is_an_error_and_is_killed() {
    let script = "trap '' TERM INT; echo ready; while :; do sleep 0.01; done";
    let running = sh(script).own_group().limit(SHORT).start_when("ready").unwrap();
    let id = running.id();
    let error = running.stop().unwrap_err();
    assert!(error.to_string().starts_with("waited 200ms for the end of the program"), "{error}");
    assert!(!exists(id));
}

#[test]
fn signals_reach_the_whole_group() {
    // A shell starts background commands with SIGINT ignored, so this is about SIGTERM.
    let script = "trap 'wait; exit 7' TERM; \
                  sh -c 'trap \"echo child >&2; exit\" TERM; echo ready; sleep 60 & wait' & wait";
    let running = sh(script).own_group().start_when("ready").unwrap();
    let finished = running.stop().unwrap();
    assert_eq!(finished.status.code(), Some(7));
    assert_eq!(finished.stderr, "child\n");
}

#[test]
fn the_end_of_a_program_ends_its_group() {
    let finished = sh("sleep 60 & echo $!").own_group().run().unwrap();
    let child = finished.stdout.trim().parse().unwrap();
    // The process that reaps orphans may need a moment.
    while exists(child) {
        thread::yield_now();
    }
}

#[test]
fn a_dropped_program_is_gone() {
    let running = sh("echo ready; exec sleep 60").start_when("ready").unwrap();
    let id = running.id();
    drop(running);
    assert!(!exists(id));
}

#[test]
fn a_kill_switch_ends_programs_that_another_thread_waits_for() {
    let switch = KillSwitch::default();
    thread::scope(|scope| {
        let start = || sh("echo started; exec sleep 60").killed_by(&switch).start();
        let waiting = scope.spawn(start);
        let running = sh("exec sleep 60").killed_by(&switch).spawn().unwrap();
        switch.kill();
        assert!(!running.wait().unwrap().status.success());
        assert!(matches!(waiting.join().unwrap(), Err(Error::Ended(_) | Error::Missing { .. })));
    });
    assert!(switch.was_used());
    let late = sh("exec sleep 60").killed_by(&switch).run().unwrap();
    assert!(!late.status.success());
}

fn exists(id: u32) -> bool {
    sh(&format!("kill -0 {id}")).run().unwrap().status.success()
}

#[test]
fn stdout_goes_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stdout");
    let finished = sh("echo line").stdout_to(&path).run().unwrap();
    assert_eq!(finished.stdout, "line\n");
    assert_eq!(std::fs::read_to_string(path).unwrap(), "line\n");
}

#[test]
fn unread_stdout_can_be_read_by_the_caller() {
    let mut running = sh("echo line; exec sleep 60").leave_stdout_unread().spawn().unwrap();
    let mut line = [0; 5];
    running.unread_stdout().unwrap().read_exact(&mut line).unwrap();
    assert_eq!(&line, b"line\n");
    assert_eq!(running.kill().unwrap().stdout, "");
}

#[test]
fn closed_stdout_is_an_error_for_the_program() {
    let mut running = sh("exec yes").spawn().unwrap();
    running.close_stdout();
    assert!(!running.wait().unwrap().status.success());
}

#[test]
fn the_environment_has_no_settings_of_the_caller() {
    let finished = sh("env").env("OTEL_SERVICE_NAME", "given").run().unwrap();
    let names: Vec<_> =
        finished.stdout.lines().filter_map(|line| line.split_once('=')).map(|it| it.0).collect();
    assert!(names.contains(&"OTEL_SERVICE_NAME"), "a variable of the test stays");
    // Cargo sets this one for every test.
    assert!(!names.contains(&"CARGO_MANIFEST_DIR"), "{names:?}");
}

/// Sends `request` to a server that responds with `answer`. Returns what the server read.
fn answered(request: &Request, answer: &'static str) -> (String, std::io::Result<Reply>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut chunk = [0; 1024];
        while !request.ends_with(b"\r\n\r\nbody") {
            let read = connection.read(&mut chunk).unwrap();
            request.extend_from_slice(&chunk[..read]);
        }
        connection.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(request).unwrap()
    });
    let reply = request.send(address);
    (server.join().unwrap().replace(&address.to_string(), "HOST"), reply)
}

#[test]
fn a_request_is_sent_as_it_is() {
    let request = Request::post("/path", "text/plain", "body").with("Content-length", "99");
    let (sent, reply) = answered(&request, "HTTP/1.1 418 Teapot\r\nSome-Name: value\r\n\r\nshort");
    assert_eq!(
        sent,
        "POST /path HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nContent-Type: text/plain\r\n\
         Content-length: 99\r\n\r\nbody"
    );
    let reply = reply.unwrap();
    assert_eq!((reply.status, reply.header("some-name")), (418, Some("value")));
    assert_eq!(reply.text(), "short");
}

#[test]
fn a_response_that_is_not_http_is_an_error() {
    let request = Request::post("/path", "text/plain", "body");
    let (_, reply) = answered(&request, "garbage");
    let error = reply.unwrap_err().to_string();
    assert!(error.starts_with("no answer to POST /path from 127.0.0.1:"), "{error}");
}

#[test]
fn a_server_that_never_responds_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    Request::get("/").limit(SHORT).send(address).unwrap_err();
    assert!(http::exchange(address, b"GET", SHORT).is_err());
}
