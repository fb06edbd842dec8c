//! The memory of the release programs: at rest, under load, with many names, without a back end.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context, Result, ensure};
use cost::Row;
use harness::http::{Connection, Request};
use harness::{Answer, Backend, Memory, Running};

use crate::load;

pub const COLUMNS: [&str; 5] = [
    "MiB at rest",
    "after 100,000 requests",
    "after 1,000,000 requests",
    "after 1,000,000 names",
    "after 720 failed exports",
];
const STEPS: [&str; 7] =
    ["step-01", "step-02", "step-03", "step-04", "step-05", "step-06", "step-07"];
const CLIENTS: u32 = 4;
const FEW: u32 = 100_000;
const MANY: u32 = 1_000_000;
/// The exports of an hour, at an interval of 5 s.
const EXPORTS: usize = 720;
/// The memory that a step may use, in MiB: several times what a step uses, and far less than a leak
/// of one byte per request or of one series per name would add.
const BOUND: f64 = 40.0;

/// Steps 01 to 07, and one of them again, which shows how much two runs differ.
pub fn measure() -> Result<Vec<Row>> {
    let steps = crate::release(STEPS)?;
    let measure = |(path, number): (&PathBuf, u8)| row(path, number, [FEW, MANY]);
    let mut rows = steps.iter().zip(1..).map(measure).collect::<Result<Vec<_>>>()?;
    let again = row(&steps[3], 4, [FEW, MANY])?;
    rows.push(Row { name: format!("{} again", again.name), ..again });
    Ok(rows)
}

/// The steps whose memory exceeds the bound, after fewer requests.
pub fn exceeded() -> Result<Vec<String>> {
    let mut exceeded = vec![];
    for (path, number) in crate::release(STEPS)?.iter().zip(1..) {
        let row = row(path, number, [FEW / 10, FEW])?;
        let most = row.values.iter().flatten().copied().fold(0.0, f64::max);
        println!("{}: {most:.1} MiB, at most {BOUND}", row.name);
        if most > BOUND {
            exceeded.push(format!("{}: {most:.1} MiB, more than {BOUND}", row.name));
        }
    }
    Ok(exceeded)
}

fn row(path: &Path, number: u8, [few, many]: [u32; 2]) -> Result<Row> {
    let back_end = Backend::start(|_| Answer::Status(200))?;
    let step = load::start(path, back_end.address())?;
    // From step 05 on, a visit takes up to three seconds. A refused name is measured like a visit.
    let visit = |_| if number < 5 { "/Ada/".to_string() } else { "/%20/".to_string() };
    let name = |number: u32| format!("/visitor-{number}{}", if number < 5 { "/" } else { "" });
    let mut values = vec![mebibytes(&step)?];
    send(step.address(), few, visit)?;
    values.push(mebibytes(&step)?);
    send(step.address(), many - few, visit)?;
    values.push(mebibytes(&step)?);
    send(step.address(), many, name)?;
    values.push(mebibytes(&step)?);
    step.stop()?;
    let mut values: Vec<_> = values.into_iter().map(Some).collect();
    values.push(if number < 3 { None } else { Some(without_back_end(path)?) });
    Ok(Row { name: format!("step 0{number}"), values })
}

/// The memory after the exports of an hour, all of which the back end rejected.
fn without_back_end(path: &Path) -> Result<f64> {
    let back_end = Backend::start(|_| Answer::Status(400))?;
    let step = load::start_with(path, back_end.address(), "5")?;
    let mut exports = 0;
    while exports < EXPORTS {
        send(step.address(), 1000, |_| "/%20/".to_string())?;
        exports = back_end.requests().len();
    }
    let found = mebibytes(&step)?;
    step.stop()?;
    Ok(found)
}

/// Sends a number of requests, over a few connections.
fn send(address: SocketAddr, times: u32, path: impl Fn(u32) -> String + Sync) -> Result<()> {
    let path = &path;
    let client = |client: u32| -> Result<()> {
        let mut connection = Connection::open(address)?;
        for number in 0..times / CLIENTS {
            let path = path(client * times + number);
            let status = connection.status(&Request::get(&path))?;
            ensure!(status < 500, "{path} was answered with {status}");
        }
        Ok(())
    };
    thread::scope(|scope| {
        let clients: Vec<_> =
            (0..CLIENTS).map(|number| scope.spawn(move || client(number))).collect();
        clients.into_iter().try_for_each(|client| client.join().expect("a client does not panic"))
    })
}

fn mebibytes(step: &Running) -> Result<f64> {
    let memory = Memory::of(step.id()).context("cannot read the memory of the program")?;
    #[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
    Ok(memory.resident as f64 / 1024.0 / 1024.0)
}
