//! `cargo workshop`: it starts, serves, follows changes and stops.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use harness::http::{self, Request};

use crate::workshop::{Classroom, Workshop, repository};

/// Enough for what a working program does in a moment, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn prints_every_address() {
    let classroom = Workshop::new().open_all();
    let book = classroom.book();
    let collector = classroom.after("Collector stand-in: ");
    let health = classroom.health();
    let insights = classroom.after("Application Insights stand-in: ");
    let stderr = classroom.running.stderr();
    assert_eq!(
        stderr,
        format!(
            "Book: {book} (follows every change of its sources)\n\
             Collector stand-in: {collector} (prints here what step 03 sends with \
             OTEL_EXPORTER_OTLP_ENDPOINT={collector}; health: {health})\n\
             Application Insights stand-in: {insights} (charts and alerts; from step 04 on, the \
             steps use it after this command:)\n\
             export APPLICATIONINSIGHTS_CONNECTION_STRING='InstrumentationKey=00000000-0000-0000-\
             0000-000000000000;IngestionEndpoint={insights}/'\n\
             Start with cargo run -p step-01 in another terminal. Ctrl-C here stops everything.\n"
        )
    );
    assert_eq!(classroom.running.stdout(), "");

    // The README has the default addresses.
    let defaults = stderr
        .replace(&format!(" with OTEL_EXPORTER_OTLP_ENDPOINT={collector}"), "")
        .replace(&book, "http://127.0.0.1:3000")
        .replace(&collector, "http://127.0.0.1:4318")
        .replace(&health, "http://127.0.0.1:13133/")
        .replace(&insights, "http://127.0.0.1:4319");
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&format!("```console\n$ cargo workshop\n{defaults}```")), "{defaults}");
}

#[test]
fn help_lists_every_option_and_command() {
    let config = fs::read_to_string(repository().join(".cargo/config.toml")).unwrap();
    assert!(config.contains("\nworkshop = \"run "), "{config}");
    let help = Workshop::new().program(&["--help"]).run().unwrap().stdout;
    let options = [
        "--port <PORT> ",
        "--collector <ADDRESS> ",
        "--health <ADDRESS> ",
        "--app-insights <ADDRESS> ",
        "--no-stand-ins ",
        "--root <DIR> ",
    ];
    let defaults = ["3000", "127.0.0.1:4318", "127.0.0.1:13133", "127.0.0.1:4319"];
    let defaults = defaults.map(|default| format!("[default: {default}]"));
    let commands = ["  doctor  ", "  prepare  ", "  rehearse  ", "  pack  ", "  book  "];
    for part in options.into_iter().chain(defaults.iter().map(String::as_str)).chain(commands) {
        assert!(help.contains(part), "{part} in {help}");
    }
}

#[test]
fn serves_the_book() {
    let classroom = Workshop::new().open(&["--no-stand-ins"]);
    let book = classroom.book();
    let front = http::get(&book).unwrap();
    assert_eq!(front.status, 200);
    assert_eq!(front.header("Cache-Control"), Some("no-store"));
    let front = front.text();
    assert!(front.contains("Good morning, class."), "{front}");
    // The listing comes from the preprocessor, in the same process.
    let code = classroom.get("/code.html");
    assert!(code.contains("fn app()"), "{code}");
    // Everything that the page loads.
    let loaded = |text: &&str| {
        let extension = Path::new(text).extension().unwrap_or_default();
        extension == "js" || extension == "css"
    };
    for file in front.split('"').filter(loaded) {
        let url = format!("{book}/{}", file.trim_start_matches('/'));
        assert_eq!(http::get(&url).unwrap().status, 200, "{file}");
    }
    let missing = http::get(&format!("{book}/nowhere.html")).unwrap();
    assert_eq!(missing.status, 404);
    assert!(missing.text().contains("This page does not exist"), "{}", missing.text());
    assert!(classroom.running.stop().unwrap().status.success());
}

#[test]
fn serves_no_file_outside_the_book() {
    let workshop = Workshop::new();
    workshop.write("secret", "a secret");
    let secret = workshop.path("secret").display().to_string();
    let classroom = workshop.open(&["--no-stand-ins"]);
    let address = classroom.book_address();
    let up = "../".repeat(20);
    let encoded_up = "%2e%2e%2f".repeat(20);
    for path in [
        format!("/{up}{secret}"),
        format!("/{encoded_up}{secret}"),
        format!("/{}", secret.replace('/', "%2f")),
        format!("/{secret}"),
        "/index.html%00.css".to_owned(),
        "/%ff%fe".to_owned(),
        "/C:%5cWindows".to_owned(),
        format!("/{}", "a/".repeat(20_000)),
    ] {
        let reply = Request::get(&path).send(address).unwrap();
        assert!(reply.status >= 400, "{} for {path}", reply.status);
        assert!(!reply.text().contains("a secret"), "{path}");
    }
    assert!(classroom.get("/").contains("Good morning"), "it still serves");
}

#[test]
fn an_open_page_reloads_after_a_change() {
    let workshop = Workshop::new();
    let classroom = workshop.open(&["--no-stand-ins"]);
    let front = classroom.get("/");
    let mut open_page = OpenPage::new(&classroom, &front);

    workshop.write("book/src/hello.md", "# Hello\n\nGood evening, class.\n");
    open_page.wait_for_reload();
    let new_front = classroom.get("/");
    assert!(new_front.contains("Good evening, class."));

    // A page of an older edition, perhaps from an earlier run, also reloads.
    OpenPage::new(&classroom, &front).wait_for_reload();
    assert_ne!(live_reload(&front), live_reload(&new_front));
}

#[test]
fn every_source_is_watched() {
    let workshop = Workshop::new();
    let classroom = workshop.open(&["--no-stand-ins"]);

    workshop.write("steps/01-plain-app/src/app.rs", "fn another_app() {}\n");
    classroom.wait_for("steps/01-plain-app/src/app.rs has changed.");
    assert!(classroom.get("/code.html").contains("another_app"));

    workshop.write("Cargo.lock", "version = 4\n\n");
    let stderr = classroom.wait_for("Cargo.lock has changed.");
    assert!(!stderr.contains("cannot"), "{stderr}");

    // A folder that did not exist at the start.
    workshop.write("azure/main.bicep", "first");
    classroom.wait_for("azure");
    // This time, no file is created.
    fs::write(workshop.path("azure/main.bicep"), "second").unwrap();
    classroom.wait_for("azure/main.bicep has changed.");
}

#[test]
fn a_mistake_leaves_the_last_good_book() {
    let workshop = Workshop::new();
    let classroom = workshop.open(&["--no-stand-ins"]);
    let front = classroom.get("/");

    workshop.write("book/src/code.md", "# Code\n\nBroken.\n\n{{#listing step-01/nowhere.rs}}\n");
    let stderr = classroom.wait_for("The last good edition of the book is served until then.");
    assert!(stderr.contains("The book cannot be built: "), "{stderr}");
    assert!(stderr.contains("book/src/code.md:5: "), "{stderr}");
    assert!(classroom.get("/code.html").contains("fn app()"));
    assert_eq!(classroom.get("/"), front, "the same edition");

    workshop.write("book/src/code.md", "# Code\n\nCorrect.\n");
    classroom.wait_for("Built the book again");
    assert!(classroom.get("/code.html").contains("Correct."));
}

/// A learner renames an item that a page shows, and then starts the classroom.
#[test]
fn a_mistake_in_a_step_does_not_keep_the_classroom_from_starting() {
    let workshop = Workshop::new();
    workshop.write("book/src/code.md", "# Code\n\n{{#listing step-01/app.rs:app}}\n");
    workshop.write("steps/01-plain-app/src/app.rs", "fn renamed() {}\n");
    let classroom = workshop.open_all();
    let stderr = classroom.running.stderr();
    for part in ["The book cannot be built: ", "there is no `app`", "cargo workshop reset"] {
        assert!(stderr.contains(part), "{part} in {stderr}");
    }
    assert_eq!(http::get(&classroom.health()).unwrap().status, 200);
    let front = classroom.get("/");
    assert!(front.contains("there is no `app`") && front.contains("refresh"), "{front}");
    // The book follows as soon as it can be built.
    workshop.write("steps/01-plain-app/src/app.rs", "fn app() {}\n");
    classroom.wait_for("Built the book again");
    assert!(classroom.get("/code.html").contains("fn app()"));
    assert!(classroom.running.stop().unwrap().status.success());

    // The next time, there is a good edition.
    workshop.write("steps/01-plain-app/src/app.rs", "fn renamed() {}\n");
    let classroom = workshop.open(&["--no-stand-ins"]);
    classroom.wait_for("the last good edition of the book is served");
    assert!(classroom.get("/code.html").contains("fn app()"));
    let mut open_page = OpenPage::new(&classroom, &classroom.get("/"));
    workshop.write("steps/01-plain-app/src/app.rs", "fn app() {}\n");
    open_page.wait_for_reload();
}

#[test]
fn both_stand_ins_print_telemetry_on_stdout() {
    let classroom = Workshop::new().open_all();
    let collector = classroom.after("Collector stand-in: ");
    let insights = classroom.after("Application Insights stand-in: ");
    let health = http::get(&classroom.health()).unwrap();
    assert_eq!(health.status, 200);
    assert!(health.text().contains("Server available"), "{}", health.text());

    let metrics = r#"{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "hello",
        "gauge": {"dataPoints": [{"asInt": "7", "timeUnixNano": "1"}]}}]}]}]}"#;
    post_json(&format!("{collector}/v1/metrics"), metrics);
    let stdout = classroom.running.wait_for_stdout(|stdout| stdout.contains("Value: 7")).unwrap();
    assert!(stdout.contains("     -> Name: hello\n"), "{stdout}");

    let now = jiff::Timestamp::now();
    let envelope = format!(
        r#"[{{"name": "Metric", "time": "{now}", "iKey": "00000000-0000-0000-0000-000000000000",
        "data": {{"baseType": "MetricData", "baseData": {{"ver": 2,
        "metrics": [{{"name": "request-count", "value": 1}}]}}}}}}]"#
    );
    post_json(&format!("{insights}/v2.1/track"), &envelope);
    let accepted = |stdout: &str| stdout.contains("\naccepted 1 of 1: request-count ");
    classroom.running.wait_for_stdout(accepted).unwrap();
    assert!(classroom.running.interrupt().unwrap().status.success());
}

fn post_json(url: &str, json: &str) {
    let reply = http::post(url, "application/json", json.as_bytes()).unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[test]
fn ctrl_c_stops_with_open_pages() {
    let classroom = Workshop::new().open_all();
    let open_page = OpenPage::new(&classroom, &classroom.get("/"));
    let finished = classroom.running.interrupt().unwrap();
    assert!(finished.status.success(), "{}", finished.stderr);
    drop(open_page);
}

#[test]
#[ignore = "waits for timeouts of some seconds"]
fn shutdown_is_bounded() {
    let classroom = Workshop::new().open_all();
    let addresses = [
        classroom.book(),
        classroom.after("Collector stand-in: "),
        classroom.after("Application Insights stand-in: "),
    ];
    // A client for each server that never sends the rest of its request.
    let stuck = addresses.map(|url| {
        let mut client = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
        client.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Le").unwrap();
        client
    });
    let open_page = OpenPage::new(&classroom, &classroom.get("/"));
    let start = Instant::now();
    let finished = classroom.running.interrupt().unwrap();
    assert!(finished.status.success(), "{}", finished.stderr);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    drop((stuck, open_page));
}

#[test]
fn a_used_port_is_an_error_with_a_fix() {
    let workshop = Workshop::new();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap();
    let (address, port) = (taken.to_string(), taken.port().to_string());
    let free = "127.0.0.1:0";
    let insights = ["--collector", free, "--health", free, "--app-insights", &address];
    for (args, what, advice) in [
        (vec!["--no-stand-ins", "--port", &port], "the book", "--port 0"),
        (vec!["--port", "0", "--collector", &address], "the Collector stand-in", "--no-stand-ins"),
        (
            vec!["--port", "0", "--collector", free, "--health", &address],
            "the health check of the Collector stand-in",
            "--health 127.0.0.1:0",
        ),
        (
            [["--port", "0"].as_slice(), &insights].concat(),
            "the Application Insights stand-in",
            "--app-insights 127.0.0.1:0",
        ),
    ] {
        let finished = workshop.program(&args).run().unwrap();
        assert_eq!(finished.status.code(), Some(1), "{}", finished.stderr);
        let stderr = finished.stderr;
        let start =
            format!("Cannot listen on {address} for {what}: another program uses that port");
        assert!(stderr.starts_with(&start), "{stderr}");
        assert!(stderr.contains(advice), "{advice} in {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[test]
fn rejects_addresses_that_are_not_loopback() {
    let workshop = Workshop::new();
    for wrong in ["0.0.0.0:4318", "192.0.2.1:4318", "4318"] {
        let finished = workshop.program(&["--collector", wrong]).run().unwrap();
        assert_eq!(finished.status.code(), Some(2), "{wrong}");
        assert!(finished.stderr.contains("use a loopback address"), "{}", finished.stderr);
    }
}

#[test]
fn a_folder_without_a_workshop_is_an_error() {
    let nowhere = tempfile::tempdir().unwrap();
    let program = harness::Program::new(env!("CARGO_BIN_EXE_workshop"));
    let finished = program.arg("--root").arg(nowhere.path()).run().unwrap();
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.contains("is not the workshop's folder"), "{}", finished.stderr);
}

/// The path of the WebSocket in mdBook's script on a page.
fn live_reload(page: &str) -> String {
    let start = page.find("live-reload/").unwrap_or_else(|| panic!("no script in {page}"));
    page[start..].split('"').next().unwrap().to_owned()
}

/// The WebSocket of a page that is open in a browser.
struct OpenPage(TcpStream);

impl OpenPage {
    fn new(classroom: &Classroom, page: &str) -> Self {
        let address: SocketAddr = classroom.book_address();
        let mut stream = http::connect(address, LIMIT).unwrap();
        let request = format!(
            "GET /{} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            live_reload(page)
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut open_page = Self(stream);
        let head = open_page.read_until("\r\n\r\n");
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        open_page
    }

    /// Waits for the text message that mdBook's script waits for.
    fn wait_for_reload(&mut self) {
        self.read_until("\u{6}reload");
    }

    fn read_until(&mut self, end: &str) -> String {
        let mut text = Vec::new();
        while !String::from_utf8_lossy(&text).ends_with(end) {
            let mut byte = [0];
            self.0.read_exact(&mut byte).unwrap();
            text.extend(byte);
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}
