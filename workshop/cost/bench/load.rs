//! Requests to the release programs over HTTP.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use cost::Row;
use harness::http::{Connection, Request};
use harness::{Answer, Backend, Program, Running};

use crate::pairs::{median, with_noise};

pub const COLUMNS: [&str; 8] = [
    "requests/s",
    "of the first",
    "lowest",
    "highest",
    "µs of CPU",
    "over the first",
    "lowest",
    "highest",
];
const CLIENTS: usize = 4;
/// The starts of each program. The threads of a program run on other cores after another start.
const STARTS: usize = 10;
/// The rounds after one start.
const ROUNDS: usize = 6;
/// The time for one program in one round.
pub const ROUND: Duration = Duration::from_millis(250);

/// Measures steps 01 to 04. The later steps delay their responses on purpose.
pub fn measure() -> Result<Vec<Row>> {
    let back_end = Backend::start(|_| Answer::Status(200))?;
    let steps = crate::release(["step-01", "step-02", "step-03", "step-04"])?;
    let mut rates = vec![vec![]; steps.len()];
    let mut times = vec![vec![]; steps.len()];
    let request = Request::get("/Ada/");
    for _ in 0..STARTS {
        let running: Vec<_> =
            steps.iter().map(|path| start(path, back_end.address())).collect::<Result<_>>()?;
        for _ in 0..ROUNDS {
            for (index, program) in running.iter().enumerate() {
                let before = cpu_time(program.id())?;
                let visits = repeat(&request, program.address())?;
                let used = cpu_time(program.id())?.saturating_sub(before);
                rates[index].push(visits / ROUND.as_secs_f64());
                times[index].push(used.as_secs_f64() * 1e6 / visits);
            }
        }
    }
    let rows = rates.iter().zip(&times).zip(1..).map(|((rates_of, times_of), number)| {
        let part = compared(rates_of, &rates[0], |own, first| own / first);
        let over = compared(times_of, &times[0], |own, first| own - first);
        let values = [&[median(rates_of)], &part[..], &[median(times_of)], &over].concat();
        Row::new(&format!("step 0{number}"), values)
    });
    Ok(rows.collect())
}

/// A comparison with the first program in the same round: the median of the rounds, the lowest, and
/// the highest.
pub fn compared(own: &[f64], first: &[f64], compare: fn(f64, f64) -> f64) -> [f64; 3] {
    let rounds = own.iter().zip(first).map(|(own, first)| compare(*own, *first));
    with_noise(&rounds.collect::<Vec<_>>())
}

/// Starts a step that exports to this address, if it exports over a network.
pub fn start(path: &Path, back_end: SocketAddr) -> Result<Running> {
    start_with(path, back_end, "5000")
}

/// Starts a step like [`start`], with an interval in milliseconds.
pub fn start_with(path: &Path, back_end: SocketAddr, interval: &str) -> Result<Running> {
    let key = "InstrumentationKey=00000000-0000-0000-0000-000000000000";
    let step = Program::step(path)
        .env("OTEL_METRIC_EXPORT_INTERVAL", interval)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{back_end}"))
        .env(
            "APPLICATIONINSIGHTS_CONNECTION_STRING",
            format!("{key};IngestionEndpoint=http://{back_end}"),
        );
    step.start().with_context(|| format!("cannot start {}", path.display()))
}

/// Sends a request repeatedly with several clients for one round. Returns the number of responses.
pub fn repeat(request: &Request, address: SocketAddr) -> Result<f64> {
    let deadline = Instant::now() + ROUND;
    let client = || -> Result<u32> {
        let mut connection = Connection::open(address)?;
        let mut answers = 0;
        while Instant::now() < deadline {
            let status = connection.status(request)?;
            ensure!(status == 200, "{} was answered with {status}", request.path);
            answers += 1;
        }
        Ok(answers)
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        let mut answers = 0;
        for client in clients {
            answers += client.join().expect("a client does not panic")?;
        }
        Ok(f64::from(answers))
    })
}

/// The time that all threads of a process were running.
///
/// See <https://docs.kernel.org/scheduler/sched-stats.html>.
fn cpu_time(id: u32) -> Result<Duration> {
    let mut nanos = 0;
    for thread in fs::read_dir(format!("/proc/{id}/task"))? {
        let text = fs::read_to_string(thread?.path().join("schedstat"))?;
        nanos += text.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanos))
}
