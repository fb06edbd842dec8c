//! The Collector stand-in and the real Collector, with the same payload in turn.

use std::{env, net::SocketAddr, path::PathBuf};

use anyhow::{Context, Result};
use cost::Row;
use harness::http::Request;
use harness::{Answer, Backend, Program, Running};

use crate::{load, pairs::median};

pub const COLUMNS: [&str; 4] = ["exports per second", "of the first", "lowest", "highest"];
const ROUNDS: usize = 40;

/// Exports of step 03, as fast as possible.
pub fn measure() -> Result<Vec<Row>> {
    let export = Request::post("/v1/metrics", "application/x-protobuf", payload()?);
    let mut running = vec![("the stand-in", stand_in()?)];
    match env::var_os("OTELCOL") {
        Some(path) => running.push(("the real Collector", real(path.into())?)),
        None => eprintln!("OTELCOL is not set: without the real Collector"),
    }
    let mut rates = vec![vec![]; running.len()];
    for _ in 0..ROUNDS {
        for (index, (_, (_, address))) in running.iter().enumerate() {
            rates[index].push(load::repeat(&export, *address)? / load::ROUND.as_secs_f64());
        }
    }
    let row = |((name, _), own): (&(&str, _), &Vec<f64>)| {
        let part = load::compared(own, &rates[0], |own, first| own / first);
        Row::new(name, [&[median(own)], &part[..]].concat())
    };
    Ok(running.iter().zip(&rates).map(row).collect())
}

/// The last export of step 03 after two visits.
fn payload() -> Result<Vec<u8>> {
    let back_end = Backend::start(|_| Answer::Status(200))?;
    let [step] = crate::release(["step-03"])?;
    let step = load::start(&step, back_end.address())?;
    step.get("/Ada/")?;
    step.get("/Grace/")?;
    step.stop()?;
    Ok(back_end.requests().pop().context("step 03 exported nothing")?.body)
}

fn stand_in() -> Result<(Running, SocketAddr)> {
    let [path] = crate::release(["collector"])?;
    let running =
        Program::new(path).args(["--listen", "127.0.0.1:0"]).stdout_to("/dev/null").start()?;
    let address = running.address();
    Ok((running, address))
}

fn real(path: PathBuf) -> Result<(Running, SocketAddr)> {
    let address = Backend::start(|_| Answer::Status(200))?.address();
    let config = crate::root().join("otel-collector-config.yml");
    let running = Program::new(path)
        .arg(format!("--config={}", config.display()))
        .arg(format!("--set=receivers.otlp.protocols.http.endpoint={address}"))
        .arg("--set=extensions.health_check.endpoint=127.0.0.1:0")
        .arg("--set=extensions.zpages.endpoint=127.0.0.1:0")
        .arg("--set=service.telemetry.metrics.level=none")
        .stdout_to("/dev/null")
        .start_when("Everything is ready.")?;
    Ok((running, address))
}
