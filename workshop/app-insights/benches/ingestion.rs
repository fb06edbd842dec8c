//! Simulates the load of many apps while a browser shows the page.
//!
//! Run with `cargo bench -p app-insights --bench ingestion`.
//!
//! Four clients together send 2,000 requests a second for ten seconds, each with an export of step
//! 05, and the page is loaded repeatedly. Then they send 40 requests a second, with 2,000 spans and
//! 2,000 logs a second in all. The exit status is 1 if a request was refused, if the clients did
//! not reach the rate, or if a screen took longer than 200 ms. Run the benchmark on an idle
//! machine.

use std::{
    fmt::Write as _,
    net::SocketAddr,
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use harness::{
    Program,
    http::{Connection, Request},
};
use jiff::Timestamp;

const CLIENTS: u32 = 4;
const TIME: Duration = Duration::from_secs(10);
const PAGE_LIMIT: Duration = Duration::from_millis(200);
/// The time between two loads of the page, as if several tabs were open.
const REFRESH: Duration = Duration::from_millis(500);

/// A kind of telemetry.
struct Load {
    name: &'static str,
    /// The number of requests of all clients in a second.
    rate: u32,
    /// The body of the request with this number.
    body: fn(u32) -> String,
    /// The screens that are loaded in turn.
    screens: [&'static str; 2],
}

const LOADS: [Load; 2] = [
    Load {
        name: "metrics",
        rate: 2000,
        body: |_| export(),
        screens: ["/", "/?metric=request-count&aggregation=sum"],
    },
    Load {
        name: "transactions",
        rate: 40,
        body: transactions,
        screens: ["/transactions?slower=1", "/transactions/one?operation=0"],
    },
];

fn main() -> ExitCode {
    // Runs all of them, even after a failure.
    let good = LOADS.map(|load| run(&load)).into_iter().all(|good| good);
    println!("{}", if good { "passed" } else { "FAILED" });
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(load: &Load) -> bool {
    let program = Program::new(env!("CARGO_BIN_EXE_app-insights"));
    let running = program.arg("--listen").arg("127.0.0.1:0").start().expect("it starts");
    let address = running.address();
    // So that both screens have data to show.
    post(&mut Connection::open(address).expect("it listens"), (load.body)(0));
    let done = AtomicBool::new(false);
    let started = Instant::now();
    let (refused, pages) = thread::scope(|scope| {
        let clients: Vec<_> =
            (0..CLIENTS).map(|client| scope.spawn(move || send(load, address, client))).collect();
        let pages = scope.spawn(|| look(load, address, &done));
        let refused: u32 = clients.into_iter().map(|client| client.join().expect("no panic")).sum();
        done.store(true, Ordering::Relaxed);
        (refused, pages.join().expect("no panic"))
    });
    let took = started.elapsed();
    let sent = f64::from(load.rate) * TIME.as_secs_f64();
    let rate = sent / took.as_secs_f64();
    let median = pages[pages.len() / 2];
    let slowest = pages[pages.len() - 1];
    println!("{}", load.name);
    println!("requests sent      {sent:.0} in {:.1} s ({rate:.0} a second)", took.as_secs_f64());
    println!("requests refused   {refused}");
    println!("screens, {:3} times median {median:.1?}, slowest {slowest:.1?}", pages.len());
    running.stop().expect("it stops");
    refused == 0 && rate > f64::from(load.rate) * 0.98 && slowest <= PAGE_LIMIT
}

/// Sends the requests of one client, each at its time. Returns the number of refused requests.
fn send(load: &Load, address: SocketAddr, client: u32) -> u32 {
    let mut connection = Connection::open(address).expect("it listens");
    let each = Duration::from_secs(1) * CLIENTS / load.rate;
    let requests = load.rate / CLIENTS * u32::try_from(TIME.as_secs()).expect("seconds");
    let start = Instant::now();
    let mut refused = 0;
    for number in 0..requests {
        thread::sleep((start + each * number).saturating_duration_since(Instant::now()));
        let body = (load.body)(number * CLIENTS + client);
        refused += u32::from(post(&mut connection, body) != 200);
    }
    refused
}

/// Posts telemetry, and returns the status.
fn post(connection: &mut Connection, body: String) -> u16 {
    connection.status(&Request::post("/v2/track", "application/json", body)).expect("an answer")
}

/// The latencies of the screens, sorted.
fn look(load: &Load, address: SocketAddr, done: &AtomicBool) -> Vec<Duration> {
    let mut connection = Connection::open(address).expect("it listens");
    let mut times = Vec::new();
    for screen in load.screens.iter().cycle() {
        if done.load(Ordering::Relaxed) {
            break;
        }
        let started = Instant::now();
        assert_eq!(connection.status(&Request::get(screen)).expect("an answer"), 200);
        times.push(started.elapsed());
        thread::sleep(REFRESH);
    }
    times.sort();
    times
}

/// Fifty spans and fifty logs, in transactions of ten spans each.
fn transactions(number: u32) -> String {
    let time = Timestamp::now();
    let mut body = String::from("[");
    for span in 0..50 {
        let (operation, id) = (number * 5 + span / 10, span % 10);
        let (base, data) = if id == 0 {
            ("RequestData", r#""responseCode":"200","success":true,"#)
        } else {
            ("RemoteDependencyData", r#""resultCode":"0","type":"InProc","#)
        };
        let parent = if id == 0 {
            String::new()
        } else {
            format!(r#","ai.operation.parentId":"{operation}.0""#)
        };
        let _ = write!(
            body,
            r#"{{"name":"n","time":"{time}","iKey":"k","sampleRate":100.0,"tags":{{"ai.cloud.role":"naughty-or-nice","ai.internal.sdkVersion":"opentelemetry:0.33.1","ai.operation.id":"{operation}"{parent}}},"data":{{"baseType":"{base}","baseData":{{"ver":2,"id":"{operation}.{id}","name":"GET /{{name}}/","duration":"0.00:00:00.012345",{data}"properties":{{"http.request.method":"GET","http.route":"/{{name}}/","http.response.status_code":"200","url.path":"/Ada/","service.name":"naughty-or-nice","telemetry.sdk.language":"rust","telemetry.sdk.name":"opentelemetry","telemetry.sdk.version":"0.33.1"}}}}}}}},{{"name":"n","time":"{time}","iKey":"k","tags":{{"ai.cloud.role":"naughty-or-nice","ai.operation.id":"{operation}","ai.operation.parentId":"{operation}.{id}"}},"data":{{"baseType":"MessageData","baseData":{{"ver":2,"message":"Ada is nice","severityLevel":1,"properties":{{"target":"naughty_or_nice"}}}}}}}},"#
        );
    }
    body.pop();
    body + "]"
}

/// An export of step 05: a count and a latency for each status.
fn export() -> String {
    let time = Timestamp::now();
    let mut body = String::from("[");
    for outcome in ["200", "400"] {
        for (name, more) in
            [("request-count", ""), ("request-latency", r#","count":3,"min":0,"max":3000"#)]
        {
            let _ = write!(
                body,
                r#"{{"name":"Microsoft.ApplicationInsights.Metric","time":"{time}","iKey":"k","tags":{{"ai.cloud.role":"naughty-or-nice"}},"data":{{"baseType":"MetricData","baseData":{{"ver":2,"metrics":[{{"name":"{name}","kind":"Aggregation","value":4500{more}}}],"properties":{{"http.response.status_code":"{outcome}","service.name":"naughty-or-nice"}}}}}}}},"#
            );
        }
    }
    body.pop();
    body + "]"
}
