//! The contract of the steps. Each test runs on every step that it applies to.

use std::{
    ffi::OsString,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::ffi::OsStringExt,
    time::{Duration, Instant},
};

use harness::Program;
use tests::{KEY, Session, azure, greetings, requests, seed_without_delay, step};

/// Makes each function a test of each of the steps.
macro_rules! steps {
    ($($module:ident $number:literal),*; $tests:tt) => {
        $(mod $module { steps!(@ $number; $tests); })*
    };
    (@ $number:literal; { $($(#[$attribute:meta])* $test:ident)* }) => {
        $(#[test] $(#[$attribute])* fn $test() { crate::contract::$test($number); })*
    };
}

steps!(step_01 1, step_02 2, step_03 3, step_04 4, step_05 5, step_06 6, step_07 7; {
    port_is_8000_unless_set
    listens_on_loopback_only
    first_line_on_stderr_is_the_address
    stdout_has_telemetry_only
    answers_with_a_verdict
    same_seed_gives_same_verdicts
    escapes_the_name
    redirects_to_the_trailing_slash
    favicon_is_404_and_not_counted
    rejects_invalid_names
    exits_with_0_on_ctrl_c_and_sigterm
    open_request_is_finished_at_shutdown
    #[ignore = "waits for a timeout of 5 s"] shutdown_does_not_wait_for_a_stuck_client
    rejects_invalid_variables_by_name
    empty_variable_counts_as_unset
});

mod telemetry {
    steps!(step_02 2, step_03 3, step_04 4, step_05 5, step_06 6, step_07 7; {
        #[ignore = "waits for two exports, 5 s apart"] exports_every_five_seconds
        export_interval_can_be_set
        last_metrics_are_exported_at_shutdown
        default_service_name_is_naughty_or_nice
        service_name_can_be_set
        metrics_have_no_visitor_names
    });
}

mod azure {
    steps!(step_04 4, step_05 5, step_06 6, step_07 7; {
        accepts_connection_strings_as_the_portal_shows_them
        missing_connection_string_error_says_where_to_get_one
        invalid_connection_string_is_not_printed
        uses_tls_except_on_loopback
    });
}

mod traces {
    steps!(step_06 6, step_07 7; {
        endpoint_alone_selects_the_collector
        missing_back_end_error_names_both_variables
        invalid_otlp_endpoint_is_rejected_by_name
        last_spans_and_logs_are_exported_at_shutdown
    });
}

fn port_is_8000_unless_set(number: u8) {
    // This test holds the port, unless another program already uses it. Another of these tests
    // must not release the port meanwhile.
    let _place = tests::lock::wait("port-8000", 1);
    let _taken = TcpListener::bind("127.0.0.1:8000");
    let finished = step(number).env_remove("PORT").run().unwrap();
    assert_refused(&finished, "port 8000");

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let finished = step(number).env("PORT", &port).run().unwrap();
    assert_refused(&finished, &format!("port {port}"));
}

fn listens_on_loopback_only(number: u8) {
    let session = Session::start(number).unwrap();
    let address = session.step.address();
    assert_eq!(address.ip().to_string(), "127.0.0.1");
    // On Linux, all of 127/8 is this machine, so a program that listens on every address would
    // respond here.
    if cfg!(target_os = "linux") {
        TcpStream::connect(("127.0.0.2", address.port())).unwrap_err();
    }
}

fn first_line_on_stderr_is_the_address(number: u8) {
    let session = Session::start(number).unwrap();
    let url = session.step.url("");
    let expected = format!("Listening on {url} (try {url}/Ada/)");
    assert_eq!(session.step.stderr().lines().next(), Some(expected.as_str()));
}

fn stdout_has_telemetry_only(number: u8) {
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

fn same_seed_gives_same_verdicts(number: u8) {
    // From step 05 on, most visitors are delayed: few come, with a seed that delays none of them.
    let (requests, seed) = if number >= 5 { (4, seed_without_delay(4)) } else { (20, 7) };
    let run = |seed: u64| {
        let seeded = |program: Program| program.env("SEED", seed.to_string());
        let session = Session::with(number, seeded, |_| OK).unwrap();
        (0..requests).map(|_| session.step.get("/Ada/").unwrap().text()).collect::<Vec<_>>()
    };
    assert_eq!(run(seed), run(seed));
    if number < 5 {
        assert_ne!(run(seed), run(seed + 1), "a seed makes a difference");
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

fn redirects_to_the_trailing_slash(number: u8) {
    let session = Session::start(number).unwrap();
    for (path, target) in [("/Ada", "/Ada/"), ("/J%C3%BCrgen%2F%3Cb%3E", "/J%C3%BCrgen%2F%3Cb%3E/")]
    {
        let reply = session.step.get(path).unwrap();
        // Not permanent: a browser would apply the redirect to the next program on this port.
        assert_eq!(reply.status, 307);
        assert_eq!(reply.headers["location"], target);
    }
}

fn favicon_is_404_and_not_counted(number: u8) {
    let session = Session::start(number).unwrap();
    assert_eq!(session.step.get("/favicon.ico").unwrap().status, 404);
    let (_, exports) = session.stop().unwrap();
    // The HTTP layer of steps 02 and 03 measures every request by its route.
    let exports = exports.concat();
    assert!(!exports.contains("naughty_or_nice_counter"), "{exports}");
    assert!(!exports.contains("request-count"), "{exports}");
}

fn rejects_invalid_names(number: u8) {
    let session = Session::start(number).unwrap();
    for path in ["/", "//", "/%20/", "/%E2%80%83/", "/%09/", "/%00/", "/Ada%00/", "/%FF/", "/%C3/"]
    {
        let reply = session.step.get(path).unwrap();
        assert!((400..500).contains(&reply.status), "{path}: {}", reply.status);
        assert!(!reply.text().contains("you have been"), "{path}: {}", reply.text());
    }
    assert_eq!(session.step.get("/Ada/").unwrap().status, 200);
}

fn exits_with_0_on_ctrl_c_and_sigterm(number: u8) {
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

fn open_request_is_finished_at_shutdown(number: u8) {
    let session = Session::start(number).unwrap();
    let mut client = session.step.connect().unwrap();
    // Half a request: the app has to wait for the other half.
    client.write_all(b"GET /Ada/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n").unwrap();
    session.step.get("/Grace/").unwrap();
    session.step.terminate().unwrap();
    // From now on, the app accepts no connections.
    let refused = || TcpStream::connect(session.step.address()).is_err();
    harness::wait_until("connections are refused", refused).unwrap();
    client.write_all(b"\r\n").unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let Session { step, backend, .. } = session;
    let finished = step.stop().unwrap();
    assert!(finished.status.success(), "{}", finished.stderr);
    // The last export contains both visitors.
    let bodies = backend.requests().into_iter().map(|request| request.body);
    match number {
        2 => assert!(finished.stdout.contains("Count        : 2\n"), "{}", finished.stdout),
        3 => assert_eq!(bodies.map(|body| greetings(&body)).next_back(), Some(2)),
        4.. => assert_eq!(bodies.map(|body| requests(&body)).sum::<i64>(), 2),
        _ => (),
    }
}

fn shutdown_does_not_wait_for_a_stuck_client(number: u8) {
    let session = Session::start(number).unwrap();
    let mut client = session.step.connect().unwrap();
    client.write_all(b"GET /Ada/ HTTP/1.1\r\nHost: a\r\n").unwrap();
    session.step.get("/Grace/").unwrap();
    let asked = Instant::now();
    let (finished, _) = session.stop().unwrap();
    assert_eq!(finished.status.code(), Some(0), "{}", finished.stderr);
    assert!(finished.stderr.contains("requests still open"), "{}", finished.stderr);
    // Five seconds for the client, five at most for the last export, and a reserve for a slow
    // machine.
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
    drop(client);
}

fn rejects_invalid_variables_by_name(number: u8) {
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
    if number >= 6 {
        for value in [
            "garbage",
            "127.0.0.1:8001",
            "https://127.0.0.1:8001",
            "http://",
            "http:///",
            "http://a b",
            "http://127.0.0.1:8001?a=b",
            "http://127.0.0.1:8001#a",
            "http://127.0.0.1:8001/elsewhere",
            "http://user:password@127.0.0.1:8001",
        ] {
            bad.push(("VERDICT_URL", value.into()));
        }
    }
    for (name, value) in bad {
        let finished = step(number).env(name, &value).run().unwrap();
        assert_refused(&finished, name);
        let shown = value.to_string_lossy().replace('\u{fffd}', "\\xFF");
        assert!(finished.stderr.contains(&shown), "{}", finished.stderr);
        assert!(finished.stderr.contains("should be"), "{}", finished.stderr);
    }
}

fn empty_variable_counts_as_unset(number: u8) {
    let empty = |program: Program| {
        let names = ["SEED", "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_SERVICE_NAME", "VERDICT_URL"];
        names.into_iter().fold(program, |program, name| program.env(name, ""))
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
    // The gap is measured between two exports and not from the start, because the time of a start
    // depends on the machine. Without the times of a back end, the bounds are wider.
    let (gap, bounds) = match session.received().as_slice() {
        [first, second, ..] => (second.at - first.at, 4.9..10.0),
        _ => (first.elapsed(), 3.0..12.0),
    };
    assert!(bounds.contains(&gap.as_secs_f64()), "{gap:?}");
}

fn export_interval_can_be_set(number: u8) {
    let often = |program: Program| program.env("OTEL_METRIC_EXPORT_INTERVAL", "50");
    let by_default = Session::start(number).unwrap();
    let session = Session::with(number, often, |_| OK).unwrap();
    for seen in 0..3 {
        // Step 04's exporter sends nothing without new data.
        session.step.get("/Ada/").unwrap();
        by_default.step.get("/Ada/").unwrap();
        session.wait_for_exports(seen + 1).unwrap();
    }
    // At the default, three exports take 15 s, and a slow machine slows both programs.
    assert!(by_default.exports() < 3);
}

fn last_metrics_are_exported_at_shutdown(number: u8) {
    let hourly = |program: Program| program.env("OTEL_METRIC_EXPORT_INTERVAL", "3600000");
    let session = Session::with(number, hourly, |_| OK).unwrap();
    session.step.get("/Ada/").unwrap();
    assert_eq!(session.exports(), 0);
    let (finished, exports) = session.stop().unwrap();
    assert!(finished.status.success());
    assert_eq!(exports.len(), 1);
}

fn default_service_name_is_naughty_or_nice(number: u8) {
    let session = Session::start(number).unwrap();
    session.step.get("/Ada/").unwrap();
    let exports = session.stop().unwrap().1.concat();
    assert!(exports.contains("naughty-or-nice"), "{exports}");
    assert!(!exports.contains("unknown_service"), "{exports}");
}

fn service_name_can_be_set(number: u8) {
    let name = |program: Program| program.env("OTEL_SERVICE_NAME", "Santa's list");
    let session = Session::with(number, name, |_| OK).unwrap();
    session.step.get("/Ada/").unwrap();
    let exports = session.stop().unwrap().1.concat();
    assert!(exports.contains("Santa's list"), "{exports}");
}

fn metrics_have_no_visitor_names(number: u8) {
    let session = Session::start(number).unwrap();
    session.step.get("/Rumpelstiltskin/").unwrap();
    session.step.get("/Rumpelstiltskin").unwrap();
    let exports = session.stop().unwrap().1.concat();
    assert!(!exports.is_empty() && !exports.contains("Rumpelstiltskin"), "{exports}");
}

const VARIABLE: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING";

fn accepts_connection_strings_as_the_portal_shows_them(number: u8) {
    // The connection strings of a session end with a semicolon; the portal shows this form.
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

fn missing_connection_string_error_says_where_to_get_one(number: u8) {
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

fn invalid_connection_string_is_not_printed(number: u8) {
    // Each string is invalid in a different way. Some of them would make the exporter panic.
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

/// On Linux, all of 127/8 is this machine, but a step treats only 127.0.0.1 as this machine. So
/// another address in 127/8 stands for the real cloud.
fn uses_tls_except_on_loopback(number: u8) {
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

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// If both are set, the connection string takes precedence.
fn endpoint_alone_selects_the_collector(number: u8) {
    for (connection_string, prefix) in [(None, "/v1/"), (Some(""), "/v1/"), (Some(KEY), "/v2/")] {
        let backend = harness::Backend::start(|_| OK).unwrap();
        let program = tests::pointed_at(number, &backend);
        let program = match connection_string {
            None => program.env_remove(VARIABLE),
            Some("") => program.env(VARIABLE, ""),
            Some(_) => program,
        };
        let step = program.start().unwrap();
        step.get("/Ada/").unwrap();
        assert!(step.stop().unwrap().status.success());
        let requests = backend.requests();
        assert!(requests.len() > 1, "one for each signal");
        assert!(requests.iter().all(|request| request.path.starts_with(prefix)));
    }
}

fn missing_back_end_error_names_both_variables(number: u8) {
    for empty in [step(number).env_remove(ENDPOINT), step(number).env(ENDPOINT, "")] {
        let finished = empty.env_remove(VARIABLE).run().unwrap();
        assert_refused(&finished, VARIABLE);
        assert!(finished.stderr.contains(ENDPOINT), "{}", finished.stderr);
    }
}

fn invalid_otlp_endpoint_is_rejected_by_name(number: u8) {
    for value in ["garbage", "localhost:4318"] {
        let finished = step(number).env_remove(VARIABLE).env(ENDPOINT, value).run().unwrap();
        assert_refused(&finished, ENDPOINT);
        assert!(finished.stderr.contains(value), "{}", finished.stderr);
        assert!(finished.stderr.contains("should be"), "{}", finished.stderr);
    }
}

fn last_spans_and_logs_are_exported_at_shutdown(number: u8) {
    let hourly = |program: Program| {
        let program = program.env("OTEL_BSP_SCHEDULE_DELAY", "3600000");
        program.env("OTEL_BLRP_SCHEDULE_DELAY", "3600000")
    };
    let Session { step, backend, .. } = Session::with(number, hourly, |_| OK).unwrap();
    for _ in 0..3 {
        step.get("/Ada/").unwrap();
    }
    let received = backend.requests();
    assert!(tests::spans(&received).is_empty() && tests::logs(&received).is_empty());
    assert!(step.stop().unwrap().status.success());
    let received = backend.requests();
    let spans = tests::spans(&received);
    assert_eq!(tests::logs(&received).len(), if number < 7 { 0 } else { 3 });
    assert_eq!(spans.iter().filter(|span| span.name == "GET /{name}/").count(), 3);
}

/// One readable line on stderr that names the problem, exit code 1, and no telemetry.
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
