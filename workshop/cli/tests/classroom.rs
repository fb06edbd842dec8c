//! `cargo workshop` as its user meets it: starts, serves, follows changes, stops.

mod support;

use std::fs;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use support::{Workshop, get, post, repository};

#[test]
fn it_says_in_five_lines_what_is_where() {
    let classroom = Workshop::new().open_all();
    let book = classroom.book();
    let collector = classroom.after("Collector, a stand-in: ");
    let insights = classroom.after("Application Insights, a stand-in: ");
    let stderr = classroom.running.stderr();
    let health = stderr.split("health: ").nth(1).unwrap().split(')').next().unwrap();
    assert_eq!(
        stderr,
        format!(
            "Book: {book} (follows every change of its sources)\n\
             Collector, a stand-in: {collector} (prints here what step 03 sends with \
             OTEL_EXPORTER_OTLP_ENDPOINT={collector}; health: {health})\n\
             Application Insights, a stand-in: {insights} (charts and alerts; steps 04 and 05 \
             find it after this line:)\n\
             export APPLICATIONINSIGHTS_CONNECTION_STRING='InstrumentationKey=00000000-0000-0000-\
             0000-000000000000;IngestionEndpoint={insights}/'\n\
             Begin with cargo run -p step-01 in another terminal. Ctrl-C here stops everything.\n"
        )
    );
    assert_eq!(classroom.running.stdout(), "");

    // The README shows them with the addresses that they usually have.
    let usual = stderr
        .replace(&format!(" with OTEL_EXPORTER_OTLP_ENDPOINT={collector}"), "")
        .replace(&book, "http://127.0.0.1:3000")
        .replace(&collector, "http://127.0.0.1:4318")
        .replace(health, "http://127.0.0.1:13133/")
        .replace(&insights, "http://127.0.0.1:4319");
    let readme = include_str!("../README.md");
    assert!(readme.contains(&format!("```console\n$ cargo workshop\n{usual}```")), "{usual}");
}

#[test]
fn cargo_knows_it_and_its_help_names_everything() {
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
fn it_serves_the_book() {
    let classroom = Workshop::new().open(&["--no-stand-ins"]);
    let book = classroom.book();
    let (status, front) = get(&book);
    assert_eq!(status, 200);
    assert!(front.contains("Good morning, class."), "{front}");
    assert!(front.contains("/.workshop/reload.js"), "{front}");
    // The preprocessor runs in this process.
    let code = classroom.get("/code.html");
    assert!(code.contains("fn app()"), "{code}");
    // Everything that the page loads is there.
    let loaded = |text: &&str| {
        let extension = Path::new(text).extension().unwrap_or_default();
        extension == "js" || extension == "css"
    };
    for file in front.split('"').filter(loaded) {
        let url = format!("{book}/{}", file.trim_start_matches('/'));
        assert_eq!(get(&url).0, 200, "{file}");
    }
    let (status, page) = get(&format!("{book}/nowhere.html"));
    assert_eq!(status, 404);
    assert!(page.contains("There is no such page"), "{page}");
    // It opens the print dialog whenever it is loaded.
    assert!(!classroom.get("/print.html").contains("/.workshop/"));
    assert!(classroom.running.stop().unwrap().status.success());
}

#[test]
fn open_pages_learn_of_a_change() {
    let workshop = Workshop::new();
    let classroom = workshop.open(&["--no-stand-ins"]);
    let before = classroom.get("/.workshop/state");
    assert!(before.ends_with(r#""problem":null}"#), "{before}");
    assert!(classroom.get("/").contains(&edition(&before)), "a page knows its edition");

    workshop.write("book/src/hello.md", "# Hello\n\nGood evening, class.\n");
    classroom.says("book/src/hello.md has changed.");
    assert!(classroom.get("/").contains("Good evening, class."));
    assert_ne!(edition(&classroom.get("/.workshop/state")), edition(&before));

    workshop.write("steps/01-plain-app/src/app.rs", "fn another_app() {}\n");
    classroom.says("steps/01-plain-app/src/app.rs has changed.");
    assert!(classroom.get("/code.html").contains("another_app"));

    workshop.write("Cargo.lock", "version = 4\n\n");
    let stderr = classroom.says("Cargo.lock has changed.");
    assert!(!stderr.contains("cannot"), "{stderr}");

    // A folder that was not there at the start.
    workshop.write("azure/main.bicep", "first");
    classroom.says("azure");
    // Written in place this time.
    fs::write(workshop.path("azure/main.bicep"), "second").unwrap();
    classroom.says("azure/main.bicep has changed.");
}

#[test]
fn a_mistake_while_it_runs_is_shown_beside_the_last_good_book() {
    let workshop = Workshop::new();
    let classroom = workshop.open(&["--no-stand-ins"]);
    let before = classroom.get("/.workshop/state");

    workshop.write("book/src/code.md", "# Code\n\nBroken.\n\n{{#listing step-01/nowhere.rs}}\n");
    let stderr = classroom.says("Until that is mended, the book is served as it was.");
    assert!(stderr.contains("book/src/code.md:5: "), "{stderr}");
    assert!(classroom.get("/code.html").contains("fn app()"), "the last good one");
    let broken = classroom.get("/.workshop/state");
    assert_eq!(edition(&broken), edition(&before), "nothing to load again");
    assert!(broken.contains("The book cannot be built: "), "{broken}");
    assert!(broken.contains("book/src/code.md:5: "), "{broken}");

    workshop.write("book/src/code.md", "# Code\n\nMended.\n");
    classroom.says("Built the book again");
    assert!(classroom.get("/code.html").contains("Mended."));
    let after = classroom.get("/.workshop/state");
    assert!(after.ends_with(r#""problem":null}"#), "{after}");
    assert_ne!(edition(&after), edition(&before));
}

#[test]
fn a_book_that_cannot_be_built_does_not_open() {
    let workshop = Workshop::new();
    workshop.write("book/src/hello.md", "# Hello\n\n{{#output step-01/nowhere}}\n");
    let finished = workshop.program(&["--port", "0", "--no-stand-ins"]).run().unwrap();
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.starts_with("The book cannot be built: "), "{}", finished.stderr);
    assert!(finished.stderr.contains("book/src/hello.md:3: "), "{}", finished.stderr);
    assert_eq!(finished.stdout, "");
}

#[test]
fn both_stand_ins_answer_and_print_on_stdout() {
    let classroom = Workshop::new().open_all();
    let collector = classroom.after("Collector, a stand-in: ");
    let insights = classroom.after("Application Insights, a stand-in: ");
    let stderr = classroom.running.stderr();
    let health = stderr.split("health: ").nth(1).unwrap().split(')').next().unwrap();
    let (status, body) = get(health);
    assert_eq!(status, 200);
    assert!(body.contains("Server available"), "{body}");

    let metrics = r#"{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "hello",
        "gauge": {"dataPoints": [{"asInt": "7", "timeUnixNano": "1"}]}}]}]}]}"#;
    assert_eq!(post(&format!("{collector}/v1/metrics"), metrics), 200);
    let stdout = classroom.running.wait_for_stdout(|stdout| stdout.contains("Value: 7")).unwrap();
    assert!(stdout.contains("     -> Name: hello\n"), "as it is: {stdout}");

    let now = jiff::Timestamp::now();
    let envelope = format!(
        r#"[{{"name": "Metric", "time": "{now}", "iKey": "00000000-0000-0000-0000-000000000000",
        "data": {{"baseType": "MetricData", "baseData": {{"ver": 2,
        "metrics": [{{"name": "request-count", "value": 1}}]}}}}}}]"#
    );
    assert_eq!(post(&format!("{insights}/v2.1/track"), &envelope), 200);
    let accepted = |stdout: &str| stdout.contains("\naccepted 1 of 1: request-count ");
    classroom.running.wait_for_stdout(accepted).unwrap();
    assert!(classroom.running.interrupt().unwrap().status.success());
}

#[test]
fn ctrl_c_ends_everything_though_a_client_is_stuck() {
    let classroom = Workshop::new().open_all();
    let addresses = [
        classroom.book(),
        classroom.after("Collector, a stand-in: "),
        classroom.after("Application Insights, a stand-in: "),
    ];
    // Half a request to each, of clients that will never send the rest.
    let stuck = addresses.map(|url| {
        let mut client = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
        client.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Le").unwrap();
        client
    });
    assert!(classroom.get("/").contains("Good morning"));
    let start = Instant::now();
    let finished = classroom.running.interrupt().unwrap();
    assert!(finished.status.success(), "{}", finished.stderr);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    drop(stuck);
}

#[test]
fn a_port_that_is_taken_is_named_with_what_to_do() {
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
        let start = format!("Cannot listen on {address} for {what}: another program has that port");
        assert!(stderr.starts_with(&start), "{stderr}");
        assert!(stderr.contains(advice), "{advice} in {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[test]
fn only_this_machine_is_served() {
    let workshop = Workshop::new();
    for wrong in ["0.0.0.0:4318", "192.0.2.1:4318", "4318"] {
        let finished = workshop.program(&["--collector", wrong]).run().unwrap();
        assert_eq!(finished.status.code(), Some(2), "{wrong}");
        assert!(
            finished.stderr.contains("an address of this machine alone"),
            "{}",
            finished.stderr
        );
    }
}

#[test]
fn without_a_workshop_it_says_where_to_go() {
    let nowhere = tempfile::tempdir().unwrap();
    let program = harness::Program::new(env!("CARGO_BIN_EXE_workshop"));
    let finished = program.arg("--root").arg(nowhere.path()).run().unwrap();
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stderr.contains("is not the workshop's folder"), "{}", finished.stderr);
}

fn edition(state: &str) -> String {
    state.split('"').nth(3).unwrap().to_owned()
}
