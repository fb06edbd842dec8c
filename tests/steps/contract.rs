//! What every step does, row by row of the contract, on every step that the row applies to.

use std::{
    ffi::OsString,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::ffi::OsStringExt,
    time::{Duration, Instant},
};

use harness::Program;
use tests::{KEY, Session, azure, greetings, requests, step};

/// Makes each function a test of each of the steps.
macro_rules! steps {
    ($($module:ident $number:literal),*; $tests:tt) => {
        $(mod $module { steps!(@ $number; $tests); })*
    };
    (@ $number:literal; { $($(#[$attribute:meta])* $test:ident)* }) => {
        $(#[test] $(#[$attribute])* fn $test() { crate::contract::$test($number); })*
    };
}

steps!(step_01 1, step_02 2, step_03 3, step_04 4, step_05 5; {
    port_is_8000_unless_told_otherwise
    listens_on_loopback_alone
    says_where_it_listens_on_the_first_line
    prints_telemetry_alone_on_stdout
    answers_with_a_verdict
    repeats_itself_for_the_same_seed
    escapes_the_name
    redirects_to_the_slash
    has_no_icon_and_no_visitor_of_that_name
    refuses_what_is_no_name
    ends_well_on_ctrl_c_and_sigterm
    lets_an_open_request_finish
    does_not_wait_for_a_stuck_client
    refuses_bad_variables_by_name
    takes_an_empty_variable_for_none
});

mod telemetry {
    steps!(step_02 2, step_03 3, step_04 4, step_05 5; {
        exports_every_five_seconds
        exports_as_often_as_told
        flushes_the_last_metrics
        is_called_naughty_or_nice
        is_called_what_otel_service_name_says
        never_exports_a_name
    });
}

mod azure {
    steps!(step_04 4, step_05 5; {
        takes_a_connection_string_with_a_semicolon_at_its_end
        says_where_to_get_a_connection_string
        keeps_the_connection_string_to_itself
        speaks_tls_to_all_but_this_machines_own_addresses
    });
}

fn port_is_8000_unless_told_otherwise(number: u8) {
    // Held by this test, or taken already by another program. Another of these tests must not
    // release it meanwhile.
    let _place = tests::lock::wait("port-8000", 1);
    let _taken = TcpListener::bind("127.0.0.1:8000");
    let finished = step(number).env_remove("PORT").run().unwrap();
    assert_refused(&finished, "port 8000");

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let finished = step(number).env("PORT", &port).run().unwrap();
    assert_refused(&finished, &format!("port {port}"));
}

fn listens_on_loopback_alone(number: u8) {
    let session = Session::start(number).unwrap();
    let address = session.step.address();
    assert_eq!(address.ip().to_string(), "127.0.0.1");
    // All of 127/8 is this machine on Linux, so a program that listened on every address would
    // be heard here.
    if cfg!(target_os = "linux") {
        TcpStream::connect(("127.0.0.2", address.port())).unwrap_err();
    }
}

fn says_where_it_listens_on_the_first_line(number: u8) {
    let session = Session::start(number).unwrap();
    let url = session.step.url("");
    let expected = format!("Listening on {url} (try {url}/Ada/)");
    assert_eq!(session.step.stderr().lines().next(), Some(expected.as_str()));
}

fn prints_telemetry_alone_on_stdout(number: u8) {
    let session = Session::start(number).unwrap();
    session.step.get("/Ada/").unwrap();
    session.step.get("/%00/").unwrap();
    let stdout = session.stop().unwrap().0.stdout;
    if number == 2 {
        assert!(stdout.starts_with("Metrics\nResource\n"), "{stdout}");
    } else {
        assert_eq!(stdout, "");
    }
}

fn answers_with_a_verdict(number: u8) {
    let session = Session::start(number).unwrap();
    let reply = session.step.get("/Ada/").unwrap();
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["content-type"], "text/html; charset=utf-8");
    let verdicts = ["naughty", "nice"].map(|v| format!("Ada, you have been very {v} this year!"));
    assert!(verdicts.contains(&reply.text()), "{}", reply.text());
}

fn repeats_itself_for_the_same_seed(number: u8) {
    // Step 05 sleeps up to 3 s a request.
    let requests = if number == 5 { 2 } else { 20 };
    let run = |seed: &str| {
        let session = Session::with(number, |p| p.env("SEED", seed), |_| OK).unwrap();
        (0..requests).map(|_| session.step.get("/Ada/").unwrap().text()).collect::<Vec<_>>()
    };
    assert_eq!(run("7"), run("7"));
    if number != 5 {
        assert_ne!(run("7"), run("8"), "a seed makes a difference");
    }
}

fn escapes_the_name(number: u8) {
    let session = Session::start(number).unwrap();
    let reply = session.step.get("/%3Cscript%3Ealert(1)%3C%2Fscript%3E/").unwrap();
    assert_eq!(reply.status, 200);
    assert!(
        reply.text().starts_with("&lt;script&gt;alert(1)&lt;/script&gt;, you"),
        "{}",
        reply.text()
    );
}

fn redirects_to_the_slash(number: u8) {
    let session = Session::start(number).unwrap();
    for (path, target) in [("/Ada", "/Ada/"), ("/J%C3%BCrgen%2F%3Cb%3E", "/J%C3%BCrgen%2F%3Cb%3E/")]
    {
        let reply = session.step.get(path).unwrap();
        // Temporary: a browser would remember a permanent one for whatever runs on this port next.
        assert_eq!(reply.status, 307);
        assert_eq!(reply.headers["location"], target);
    }
}

fn has_no_icon_and_no_visitor_of_that_name(number: u8) {
    let session = Session::start(number).unwrap();
    assert_eq!(session.step.get("/favicon.ico").unwrap().status, 404);
    let (_, exports) = session.stop().unwrap();
    // The HTTP layer of steps 02 and 03 measures every request there is, by its route.
    let exports = exports.concat();
    assert!(!exports.contains("naughty_or_nice_counter"), "{exports}");
    assert!(!exports.contains("request-count"), "{exports}");
}

fn refuses_what_is_no_name(number: u8) {
    let session = Session::start(number).unwrap();
    for path in ["/", "//", "/%20/", "/%E2%80%83/", "/%09/", "/%00/", "/Ada%00/", "/%FF/", "/%C3/"]
    {
        let reply = session.step.get(path).unwrap();
        assert!((400..500).contains(&reply.status), "{path}: {}", reply.status);
        assert!(!reply.text().contains("you have been"), "{path}: {}", reply.text());
    }
    assert_eq!(session.step.get("/Ada/").unwrap().status, 200);
}

fn ends_well_on_ctrl_c_and_sigterm(number: u8) {
    for interrupt in [true, false] {
        let Session { step, backend, .. } = Session::start(number).unwrap();
        let address = step.address();
        step.get("/Ada/").unwrap();
        let finished = if interrupt { step.interrupt() } else { step.stop() }.unwrap();
        assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
        assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
        TcpStream::connect(address).unwrap_err();
        drop(backend);
    }
}

fn lets_an_open_request_finish(number: u8) {
    // Step 05 draws a delay and a verdict for each visitor; the second visitor is in a hurry.
    let hasty = (0..10_000).find(|&seed| {
        let mut random = fastrand::Rng::with_seed(seed);
        let (first, _, second) = (random.u64(0..=3), random.bool(), random.u64(0..=3));
        first == 0 && second == 0
    });
    let seed = hasty.unwrap().to_string();
    let session = Session::with(number, |p| p.env("SEED", seed), |_| OK).unwrap();
    let mut client = session.step.connect().unwrap();
    // Half a request: the app has to wait for the rest.
    client.write_all(b"GET /Ada/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n").unwrap();
    session.step.get("/Grace/").unwrap();
    session.step.terminate().unwrap();
    // From now on nobody new is let in.
    let refused = || TcpStream::connect(session.step.address()).is_err();
    harness::wait_until("connections are refused", refused).unwrap();
    client.write_all(b"\r\n").unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let Session { step, backend, .. } = session;
    let finished = step.stop().unwrap();
    assert!(finished.status.success(), "{}", finished.stderr);
    // Both visitors are in what was exported at the end.
    let bodies = backend.requests().into_iter().map(|request| request.body);
    match number {
        2 => assert!(finished.stdout.contains("Count        : 2\n"), "{}", finished.stdout),
        3 => assert_eq!(bodies.map(|body| greetings(&body)).next_back(), Some(2)),
        4 | 5 => assert_eq!(bodies.map(|body| requests(&body)).sum::<i64>(), 2),
        _ => (),
    }
}

fn does_not_wait_for_a_stuck_client(number: u8) {
    let session = Session::start(number).unwrap();
    let mut client = session.step.connect().unwrap();
    client.write_all(b"GET /Ada/ HTTP/1.1\r\nHost: a\r\n").unwrap();
    session.step.get("/Grace/").unwrap();
    let asked = Instant::now();
    let (finished, _) = session.stop().unwrap();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert!(finished.stderr.contains("some requests are still open"), "{}", finished.stderr);
    // Five seconds for the client, at most five for the last export, and a slow machine's share.
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
    drop(client);
}

fn refuses_bad_variables_by_name(number: u8) {
    let not_text = OsString::from_vec(b"5000\xff".to_vec());
    let mut bad = vec![("PORT", "65536".into()), ("PORT", "-1".into()), ("PORT", "http".into())];
    bad.push(("SEED", "seven".into()));
    bad.push(("PORT", not_text.clone()));
    if number > 1 {
        for value in ["0", "-5", "abc", "1s", "1000 ", "1e3", "0.5", "99999999999999999999"] {
            bad.push(("OTEL_METRIC_EXPORT_INTERVAL", value.into()));
        }
        bad.push(("OTEL_METRIC_EXPORT_INTERVAL", not_text.clone()));
        bad.push(("OTEL_SERVICE_NAME", not_text));
    }
    if number == 3 {
        bad.push(("OTEL_EXPORTER_OTLP_ENDPOINT", "garbage".into()));
        bad.push(("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318".into()));
    }
    for (name, value) in bad {
        let finished = step(number).env(name, &value).run().unwrap();
        assert_refused(&finished, name);
        let shown = value.to_string_lossy().replace('\u{fffd}', "\\xFF");
        assert!(finished.stderr.contains(&shown), "{}", finished.stderr);
        assert!(finished.stderr.contains("should be"), "{}", finished.stderr);
    }
}

fn takes_an_empty_variable_for_none(number: u8) {
    let empty = |program: Program| {
        program.env("SEED", "").env("OTEL_METRIC_EXPORT_INTERVAL", "").env("OTEL_SERVICE_NAME", "")
    };
    let session = Session::with(number, empty, |_| OK).unwrap();
    session.step.get("/Ada/").unwrap();
    let (finished, exports) = session.stop().unwrap();
    assert!(finished.status.success());
    assert_eq!(exports.concat().contains("naughty-or-nice"), number > 1);
}

fn exports_every_five_seconds(number: u8) {
    let session = Session::start(number).unwrap();
    session.step.get("/Ada/").unwrap();
    session.wait_for_exports(1).unwrap();
    let first = Instant::now();
    session.step.get("/Ada/").unwrap();
    session.wait_for_exports(2).unwrap();
    // From one to the next, not from the start: how long a start takes is the machine's affair.
    // So is how soon this test notices, where nobody wrote down when an export came.
    let (gap, bounds) = match session.backend.requests().as_slice() {
        [first, second, ..] => (second.at - first.at, 4.9..10.0),
        _ => (first.elapsed(), 3.0..12.0),
    };
    assert!(bounds.contains(&gap.as_secs_f64()), "{gap:?}");
}

fn exports_as_often_as_told(number: u8) {
    let often = |program: Program| program.env("OTEL_METRIC_EXPORT_INTERVAL", "50");
    let session = Session::with(number, often, |_| OK).unwrap();
    let started = Instant::now();
    for seen in 0..3 {
        // Step 04's exporter sends only what is new.
        session.step.get("/Ada/").unwrap();
        session.wait_for_exports(seen + 1).unwrap();
    }
    // At the default of 5 s, three exports would take 15. Step 05 sleeps 3 s a request at most.
    assert!(started.elapsed() < Duration::from_secs(13), "{:?}", started.elapsed());
}

fn flushes_the_last_metrics(number: u8) {
    let hourly = |program: Program| program.env("OTEL_METRIC_EXPORT_INTERVAL", "3600000");
    let session = Session::with(number, hourly, |_| OK).unwrap();
    session.step.get("/Ada/").unwrap();
    assert_eq!(session.exports(), 0);
    let (finished, exports) = session.stop().unwrap();
    assert!(finished.status.success());
    assert_eq!(exports.len(), 1);
}

fn is_called_naughty_or_nice(number: u8) {
    let session = Session::start(number).unwrap();
    session.step.get("/Ada/").unwrap();
    let exports = session.stop().unwrap().1.concat();
    assert!(exports.contains("naughty-or-nice"), "{exports}");
    assert!(!exports.contains("unknown_service"), "{exports}");
}

fn is_called_what_otel_service_name_says(number: u8) {
    let name = |program: Program| program.env("OTEL_SERVICE_NAME", "Santa's list");
    let session = Session::with(number, name, |_| OK).unwrap();
    session.step.get("/Ada/").unwrap();
    let exports = session.stop().unwrap().1.concat();
    assert!(exports.contains("Santa's list"), "{exports}");
}

fn never_exports_a_name(number: u8) {
    let session = Session::start(number).unwrap();
    session.step.get("/Rumpelstiltskin/").unwrap();
    session.step.get("/Rumpelstiltskin").unwrap();
    let exports = session.stop().unwrap().1.concat();
    assert!(!exports.is_empty() && !exports.contains("Rumpelstiltskin"), "{exports}");
}

const VARIABLE: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING";

fn takes_a_connection_string_with_a_semicolon_at_its_end(number: u8) {
    // Those of the session end in one; this is how the portal shows them.
    let portal = format!(
        "InstrumentationKey={KEY};IngestionEndpoint=https://westeurope-5.in.applicationinsights\
         .azure.com/;LiveEndpoint=https://westeurope.livediagnostics.monitor.azure.com/;\
         ApplicationId=00000000-0000-0000-0000-000000000000"
    );
    for string in [format!("{portal};"), portal.clone(), format!(" {portal} ; "), {
        format!("InstrumentationKey={KEY}")
    }] {
        let step = step(number).env(VARIABLE, &string).start().unwrap();
        assert!(step.stop().unwrap().status.success(), "{string}");
    }
    let session = Session::start(number).unwrap();
    session.step.get("/Ada/").unwrap();
    assert_eq!(session.stop().unwrap().1.len(), 1);
}

fn says_where_to_get_a_connection_string(number: u8) {
    assert_no_connection_string(step(number).env_remove(VARIABLE));
    for string in ["", " ", ";", "garbage", "InstrumentationKey=", "InstrumentationKey= ;"] {
        assert_no_connection_string(step(number).env(VARIABLE, string));
    }
    let mut not_text = format!("InstrumentationKey={KEY}").into_bytes();
    not_text.push(0xff);
    assert_no_connection_string(step(number).env(VARIABLE, OsString::from_vec(not_text)));
}

fn assert_no_connection_string(program: Program) {
    let finished = program.run().unwrap();
    assert_refused(&finished, VARIABLE);
    assert!(finished.stderr.contains("Overview page"), "{}", finished.stderr);
    assert!(finished.stderr.contains("cargo run -p app-insights"), "{}", finished.stderr);
    assert!(!finished.stderr.contains(&KEY[..8]), "{}", finished.stderr);
}

fn keeps_the_connection_string_to_itself(number: u8) {
    // Each is broken in another way; some make the exporter alone panic.
    for rest in [
        "IngestionEndpoint=ingest",
        "IngestionEndpoint=https://",
        "IngestionEndpoint=https:",
        "IngestionEndpoint=http://a b",
        "IngestionEndpoint=https://ok.example;IngestionEndpoint=ingest",
        "ingestionendpoint=ingest",
        "IngestionEndpoint=",
        "nonsense",
        "a=b=c",
        "Authorization=aad",
        "EndpointSuffix=a b",
    ] {
        let string = format!("InstrumentationKey={KEY};{rest}");
        assert_no_connection_string(step(number).env(VARIABLE, &string));
    }
}

const OK: harness::Answer = harness::Answer::Status(200);

/// All of 127/8 is this machine on Linux, but a step only knows 127.0.0.1 for its own: this stands
/// for the real cloud.
fn speaks_tls_to_all_but_this_machines_own_addresses(number: u8) {
    if !cfg!(target_os = "linux") {
        return;
    }
    let other = TcpListener::bind("127.0.0.2:0").unwrap();
    let address = other.local_addr().unwrap();
    let step = azure(step(number), address).env("OTEL_METRIC_EXPORT_INTERVAL", "50");
    let step = step.start().unwrap();
    step.get("/Ada/").unwrap();
    let mut first = [0];
    other.accept().unwrap().0.read_exact(&mut first).unwrap();
    assert_eq!(first, [0x16], "a TLS handshake, and not a POST for all to read");
}

/// One readable line on stderr that names the trouble, exit code 1, and no telemetry.
fn assert_refused(finished: &harness::Finished, what: &str) {
    assert_eq!(finished.status.code(), Some(1), "{}", finished.stderr);
    assert_eq!(finished.stdout, "");
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    assert!(finished.stderr.starts_with("error: "), "{}", finished.stderr);
    assert!(finished.stderr.contains(what), "{}", finished.stderr);
    for debug in ["panicked", "Error(", "Os {", "Some(", "backtrace"] {
        assert!(!finished.stderr.contains(debug), "{}", finished.stderr);
    }
}
