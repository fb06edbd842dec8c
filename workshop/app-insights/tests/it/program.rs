//! The start, the output and the end of the program.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use jiff::Timestamp;
use serde_json::json;

use crate::support::{PATH, Program, counter, envelope};

fn run(args: &[&str]) -> harness::Finished {
    harness::Program::new(PATH).args(args).run().unwrap()
}

#[test]
fn prints_its_address_and_the_connection_string() {
    let program = Program::start();
    let address = program.address;
    assert!(address.ip().is_loopback());
    let string = "export APPLICATIONINSIGHTS_CONNECTION_STRING='InstrumentationKey=\
                  00000000-0000-0000-0000-000000000000;IngestionEndpoint=http://";
    program.err(&format!("{string}{address}/"));
    assert!(program.stop().success());
}

#[test]
fn prints_the_first_lines_in_order() {
    let program = Program::start();
    program.track(&[counter(1)]);
    program.out("accepted");
    let address = program.address;
    assert_eq!(
        program.running.stderr().lines().collect::<Vec<_>>(),
        [
            format!("Listening on http://{address}"),
            "This is a stand-in for Application Insights, not the real service. To send it \
             telemetry, set:"
                .to_owned(),
            format!(
                "export APPLICATIONINSIGHTS_CONNECTION_STRING='InstrumentationKey=\
                 00000000-0000-0000-0000-000000000000;IngestionEndpoint=http://{address}/'"
            ),
        ]
    );
}

#[test]
fn a_taken_port_is_reported_in_one_line() {
    let first = Program::start();
    let second = run(&["--listen", &first.address.to_string()]);
    assert_eq!(second.status.code(), Some(1));
    let said = second.stderr;
    assert!(said.starts_with(&format!("Cannot listen on {}: ", first.address)), "{said}");
    assert!(said.ends_with("--listen 127.0.0.1:0 selects a free port)\n"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(second.stdout, "");
}

#[test]
fn explains_options_and_refuses_invalid_ones() {
    let help = run(&["--help"]).stdout;
    for part in ["stand-in", "--listen <ADDRESS>", "127.0.0.1:4319", "--grain <SECONDS>"] {
        assert!(help.contains(part), "{part} in {help}");
    }
    for wrong in [["--listen", "4319"], ["--grain", "0"], ["--grain", "often"]] {
        let refused = run(&wrong);
        assert_eq!(refused.status.code(), Some(2), "{wrong:?}");
        assert!(refused.stderr.contains(wrong[1]), "{wrong:?}: {}", refused.stderr);
    }
    let both = run(&["--azure-timing", "--grain", "10"]);
    assert_eq!(both.status.code(), Some(2));
    assert!(both.stderr.contains("cannot be used with"), "{}", both.stderr);
}

#[test]
fn a_stuck_client_does_not_delay_the_end() {
    let program = Program::start();
    let mut stuck = program.running.connect().unwrap();
    stuck
        .write_all(
            b"POST /v2.1/track HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
              Content-Length: 100\r\n\r\n[",
        )
        .unwrap();
    let mut half = program.running.connect().unwrap();
    half.write_all(b"POST /v2.1/track HTT").unwrap();
    // Both connections were accepted before this connection.
    program.track(&[counter(1)]);
    program.out("accepted");
    let finished = program.running.interrupt().unwrap();
    assert!(finished.status.success());
    assert_eq!(finished.stdout, "accepted 1 of 1: request-count sum 1\n");
}

#[test]
fn a_closed_stdout_does_not_stop_the_program() {
    let mut program = Program::start();
    program.running.close_stdout();
    for _ in 0..20 {
        assert_eq!(program.track(&[counter(1)]).status, 200);
    }
    assert!(program.stop().success());
}

#[test]
fn an_unread_stdout_does_not_block_the_program() {
    let program = harness::Program::new(PATH).args(["--listen", "127.0.0.1:0"]);
    let running = program.leave_stdout_unread().start().unwrap();
    let program = Program { address: running.address(), running };

    // Twenty long names make a line of two kilobytes. Soon the pipe is full, and then the queue.
    let items: Vec<_> = (0..20)
        .map(|i| {
            let point = json!({"name": format!("{i:0100}"), "value": 1});
            envelope(Timestamp::now(), &point, &json!({}))
        })
        .collect();
    for _ in 0..1200 {
        assert_eq!(program.track(&items).status, 200);
    }
    // A program that waited for its reader would never exit.
    assert!(program.stop().success());
}

#[test]
fn a_closed_stderr_does_not_panic() {
    let taken = Program::start();
    let mut child = Command::new(PATH)
        .args(["--listen", &taken.address.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    // The address is taken, so the exit status is 1. After a panic, it would be 101.
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn names_cannot_forge_lines() {
    let program = Program::start();
    let name = |name: &str| {
        let point = json!({"name": name, "value": 1});
        envelope(Timestamp::now(), &point, &json!({}))
    };
    program.track(&[
        name("a\naccepted 9 of 9: forged"),
        name("b\r\u{1b}[2J\u{7}\u{202e}\u{9b}\u{3164}\u{fe0f}"),
        name("c; d sum 5"),
        name("\"e\""),
        name(&"f".repeat(500)),
    ]);
    let long = "f".repeat(120);
    assert_eq!(
        program.out("accepted"),
        format!(
            r#"accepted 5 of 5: "\"e\"" sum 1; "a\naccepted 9 of 9: forged" sum 1; "b\r\u{{1b}}[2J\u{{7}}\u{{202e}}\u{{9b}}\u{{3164}}\u{{fe0f}}" sum 1; "c; d sum 5" sum 1; "{long}…" sum 1"#
        )
    );
    // An error's message contains the key of a property.
    let forged = json!({"\nListening on http://evil": 1});
    program.track(&[envelope(Timestamp::now(), &json!({"name": "n", "value": 1}), &forged)]);
    program.err(r"Field '\nListening on http://evil' on type");
    assert_eq!(
        program.running.stderr().lines().filter(|line| line.starts_with("Listening")).count(),
        1
    );
    assert!(program.stop().success());
}

#[test]
fn a_line_has_the_result_of_every_item() {
    let program = Program::start();
    let now = Timestamp::now();
    let latency = |value: f64, count: u32, min: f64, max: f64, who: &str| {
        let point = json!({"name": "request-latency", "kind": "Aggregation", "value": value,
                           "count": count, "min": min, "max": max});
        envelope(now, &point, &json!({"value": who}))
    };
    let mut message = counter(1);
    message["data"] = json!({"baseType": "MessageData", "baseData": {"ver": 2, "message": "hi"}});
    let mut other = counter(1);
    other["data"] = json!({"baseType": "\u{1b}[31m"});
    let mut two = counter(4);
    let second = json!({"name": "second", "value": 1});
    two["data"]["baseData"]["metrics"].as_array_mut().unwrap().push(second);
    let gauge = json!({"name": "temperature", "ns": "shop", "kind": "Measurement", "value": -21.5});
    program.track(&[
        latency(31.4, 2, 1.3, 30.1, "nice"),
        counter(1),
        latency(30.1, 3, 0.4, 29.0, "naughty"),
        message,
        two,
        other,
        envelope(now, &gauge, &json!({})),
        json!({}),
    ]);
    assert_eq!(
        program.out("accepted"),
        "accepted 7 of 8: request-count sum 5; \
         request-latency average 12.3 (count 5, min 0.4, max 30.1) over 2 series; \
         shop/temperature average -21.5 (count 1, min -21.5, max -21.5); \
         1 message; ignored 1 \\u{1b}[31m; \
         ignored 1 data points after the first of an envelope; \
         refused 1, the first is item 7: 109: Field 'name' on type 'Envelope' is required but \
         missing or empty. Expected: string"
    );

    let sizes = [0.0, 1e-9, 1e18, 0.1 + 0.2, -5.0, 1_000_000.0];
    let many: Vec<_> = (0..26)
        .map(|i| {
            let point = json!({"name": format!("m{i:02}"), "value": sizes[i % sizes.len()]});
            envelope(now, &point, &json!({}))
        })
        .collect();
    program.track(&many);
    let line = program.out("accepted 26");
    let begin = "accepted 26 of 26: m00 sum 0; m01 sum 1.000e-9; m02 sum 1.000e18; m03 sum 0.3; \
                 m04 sum -5; m05 sum 1000000; m06 sum 0;";
    assert!(line.starts_with(begin), "{line}");
    assert!(line.ends_with("; m19 sum 1.000e-9; 6 more metrics"), "{line}");
}
