//! The experiments of the book. The result of each is a snapshot that a page shows.

use std::{fmt::Write as _, io::Write as _};

use axum::{Router, body::Body, http::Request};
use harness::{Answer, Backend, Program, Recorder, recorder::Temporality, text};
use tests::{Session, app_insights, assert_snapshot, azure, pointed_at, step};
use tokio::time::Instant;
use tower::ServiceExt;

const OK: Answer = Answer::Status(200);

fn hourly(program: Program) -> Program {
    program.env("OTEL_METRIC_EXPORT_INTERVAL", "3600000")
}

fn often(program: Program) -> Program {
    program.env("OTEL_METRIC_EXPORT_INTERVAL", "50")
}

/// A name that is a script, and an empty name.
#[test]
fn names_are_escaped() {
    let session = Session::start(1).unwrap();
    let mut page = String::new();
    for path in ["/%3Cscript%3Ealert(1)%3C%2Fscript%3E/", "/%20/", "/Ada", "/favicon.ico"] {
        let reply = session.step.get(path).unwrap();
        let location =
            reply.headers.get("location").map(|to| format!(" -> {}", to.to_str().unwrap()));
        writeln!(
            page,
            "GET {path}\n{}{} {}",
            reply.status,
            location.unwrap_or_default(),
            reply.text()
        )
        .unwrap();
    }
    assert_snapshot(1, "strange-names", page.trim_end());
}

/// Each program gets three requests. One program is stopped, the other is killed.
#[test]
fn killed_program_loses_its_last_metrics() {
    let mut table = String::new();
    for kill in [false, true] {
        let session = Session::with(2, hourly, |_| OK).unwrap();
        for _ in 0..3 {
            session.step.get("/Ada/").unwrap();
        }
        let finished = if kill { session.step.kill() } else { session.step.stop() }.unwrap();
        let exports = finished.stdout.matches("Metrics\n").count();
        let counts = finished.stdout.lines().filter_map(|line| line.trim().strip_prefix("Count "));
        let requests =
            counts.map(|count| count.trim_start_matches([' ', ':'])).next().unwrap_or("0");
        let end = if kill { "killed " } else { "stopped" };
        writeln!(table, "{end}: {exports} export(s), {requests} request(s) in them").unwrap();
    }
    assert_snapshot(2, "flush", table.trim_end());
}

/// `cargo run -p step-02 | head -1`: the reader of stdout ends after the first export.
#[test]
fn closed_stdout() {
    let mut step = often(step(2)).start().unwrap();
    step.get("/Ada/").unwrap();
    step.wait_for_stdout(|text| text.contains("Metrics\n")).unwrap();
    step.close_stdout();
    step.wait_for_stderr(|text| text.contains("failed printing to stdout")).unwrap();
    assert_eq!(step.get("/Ada/").unwrap().status, 200);
    let finished = step.stop().unwrap();
    assert!(finished.status.success());
    let told = finished.stderr.lines().filter(|line| {
        line.starts_with("failed printing") || line.starts_with("the last metrics may be lost")
    });
    assert_snapshot(2, "closed-stdout", &portable(&told.collect::<Vec<_>>().join("\n")));
}

/// The layer records any method, so a client can create any number of series, up to 2,000.
#[test]
fn series_above_the_limit_overflow() {
    let session = Session::with(2, hourly, |_| OK).unwrap();
    let methods = 2100;
    let mut stream = session.step.connect().unwrap();
    let requests = (1..=methods).map(|n| {
        // The last request closes the connection, which shows that all requests have been answered.
        let connection = if n == methods { "close" } else { "keep-alive" };
        format!("METHOD{n} /Ada/ HTTP/1.1\r\nHost: a\r\nConnection: {connection}\r\n\r\n")
    });
    stream.write_all(requests.collect::<String>().as_bytes()).unwrap();
    std::io::read_to_string(stream).unwrap();
    let (finished, _) = session.stop().unwrap();

    let console = text::console(&finished.stdout);
    let metric = console.split("Metric #").find(|m| m.contains("http.server.request.duration"));
    let points: Vec<_> = metric.unwrap().split("\t\tDataPoint #").skip(1).collect();
    let overflow = points.iter().find(|point| point.contains("otel.metric.overflow"));
    let (_, point) = overflow.expect("a series takes what is too much").split_once('\n').unwrap();
    let (head, _) = point.split_once("\t\t\tBuckets").unwrap();
    let shown = format!("{methods} methods, {} series, the last of them:\n{head}", points.len());
    assert_snapshot(2, "overflow", shown.trim_end());
}

async fn ask(app: &Router) {
    let request = Request::get("/Ada/").body(Body::empty()).unwrap();
    assert!(app.clone().oneshot(request).await.unwrap().status().is_success());
}

/// Step 03's counter after two requests, after one more, and after no more.
#[tokio::test]
async fn cumulative_and_delta_counts() {
    let mut columns = Vec::new();
    for temporality in [Temporality::Cumulative, Temporality::Delta] {
        let recorder = Recorder::global(temporality);
        let app = step_03::app::app();
        let mut column = Vec::new();
        for requests in [2, 1, 0] {
            for _ in 0..requests {
                ask(&app).await;
            }
            let counter = recorder.collect_metric("naughty_or_nice_counter");
            column.push(counter.map_or("(nothing)".into(), |metric| metric.total().to_string()));
        }
        columns.push(column);
    }
    let mut table = format!("{:<20}{:<12}{}\n", "", "cumulative", "delta");
    for (row, after) in ["after two requests", "after one more", "after no more"].iter().enumerate()
    {
        writeln!(table, "{after:<20}{:<12}{}", columns[0][row], columns[1][row]).unwrap();
    }
    assert_snapshot(3, "temporality", table.trim_end());
}

/// A hundred requests to step 05, on a clock that the test moves: their average, and the
/// distribution that the average hides.
#[tokio::test(start_paused = true)]
async fn average_hides_slow_requests() {
    let recorder = Recorder::global(Temporality::Delta);
    fastrand::seed(1);
    let app = step_05::app::app();
    let mut waited = Vec::new();
    for _ in 0..100 {
        let started = Instant::now();
        ask(&app).await;
        waited.push(started.elapsed().as_millis());
    }
    waited.sort_unstable();
    let metric = recorder.collect_metric("request-latency").unwrap();
    let [(_, latency)] = metric.histograms().collect::<Vec<_>>()[..] else { panic!("{metric:?}") };
    assert_eq!(latency.count, 100);
    let text = format!(
        "requests                       {}\n\
         sum of their latencies         {:.0} ms\n\
         average, as Azure computes it  {:.0} ms\n\
         no more than half waited over  {} ms\n\
         the slowest five waited        {} ms",
        latency.count,
        latency.sum,
        latency.sum / 100.0,
        waited[49],
        waited[95],
    );
    assert_snapshot(5, "average", &text);
}

/// Step 03 without a Collector: the messages on stderr. The page is served nevertheless.
#[test]
fn export_without_a_collector() {
    let gone = Backend::start(|_| OK).unwrap();
    let address = gone.address().to_string();
    let program = often(pointed_at(3, &gone));
    drop(gone);
    let step = program.start().unwrap();
    step.get("/Ada/").unwrap();
    step.wait_for_stderr(|text| text.contains("ExportError")).unwrap();
    let finished = step.stop().unwrap();
    // Four attempts, then the end of the export.
    let lines = finished.stderr.lines().skip(1).take(6).map(|line| {
        let (_, rest) = line.split_once('Z').expect("a line begins with the time");
        format!("<time>{}", rest.replace(&address, "<address>"))
    });
    let lines: Vec<_> = lines.collect();
    assert_snapshot(3, "no-collector", &lines.join("\n"));
}

/// A request is also counted if its client does not wait for step 05's response.
#[test]
fn aborted_request() {
    let seed = (0..1000).find(|&seed| fastrand::Rng::with_seed(seed).u64(0..=3) == 3).unwrap();
    let stand_in = app_insights().start().unwrap();
    let program = hourly(azure(step(5), stand_in.address())).env("SEED", seed.to_string());
    let step = program.start().unwrap();
    let mut client = step.connect().unwrap();
    client.write_all(b"GET /Ada/ HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    // The app accepts connections in order: this response shows that the other request has begun.
    step.get("/favicon.ico").unwrap();
    drop(client);
    // At its end, the app aborts open requests, so the request is recorded in any case.
    assert!(step.stop().unwrap().status.success());
    let printed = stand_in.stop().unwrap().stdout;
    assert_snapshot(5, "impatient", text::app_insights(&printed).trim_end());
}

/// The messages of failed starts, for the page on troubleshooting.
#[test]
fn refused_starts() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = |program: Program| program.run().unwrap().stderr.trim_end().to_string();
    let messages = [
        refused(step(1).env("PORT", &port)).replace(&port, "8000"),
        refused(step(2).env("OTEL_METRIC_EXPORT_INTERVAL", "5s")),
        refused(step(3).env("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318")),
        refused(step(4).env_remove("APPLICATIONINSIGHTS_CONNECTION_STRING")),
    ];
    assert_snapshot(4, "refusals", &portable(&messages.join("\n")));
}

/// A message without the operating system's own number for the error.
pub(crate) fn portable(text: &str) -> String {
    text.split(" (os error ")
        .enumerate()
        .map(|(part, text)| if part == 0 { text } else { text.split_once(')').unwrap().1 })
        .collect()
}
