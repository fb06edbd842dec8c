//! Measures subjects in turn, so that other load on the machine affects all of them.

use std::{
    env,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use cost::Row;
use harness::Program;
use tokio::runtime::Runtime;

use crate::subjects::{self, APPS, CALLS, Subject};

/// The number of processes. The lowest and the highest result show the noise.
const PROCESSES: usize = 10;
const ROUNDS: usize = 100;
/// The repetitions of one subject in one round. This number fits into the queue of a batch
/// processor, which drops items when it is full.
const FEW: u32 = 200;
/// A single call takes so little time that a few repetitions would mostly measure the caches.
const MANY: u32 = 5000;

pub const COLUMNS: [&str; 4] = ["ns", "of a plain request", "lowest", "highest"];

/// Visits to each app.
pub fn requests() -> Result<Vec<Row>> {
    in_processes("requests")
}

/// Single calls of the API, after a visit to the plain app.
pub fn calls() -> Result<Vec<Row>> {
    in_processes("calls")
}

/// Measures in several processes in turn, because each has its own memory layout.
fn in_processes(section: &str) -> Result<Vec<Row>> {
    let mut runs: Vec<Vec<Row>> = vec![];
    for _ in 0..PROCESSES {
        let program = Program::new(env::current_exe()?).args(["--pairs", section]);
        let done = program.limit(Duration::from_secs(300)).run()?;
        ensure!(done.status.success(), "a measurement failed:\n{}", done.stderr);
        runs.push(serde_json::from_str(&done.stdout)?);
    }
    let row = |(index, row): (usize, &Row)| {
        let column = |column: usize| -> Vec<f64> {
            runs.iter().filter_map(|rows| rows[index].values[column]).collect()
        };
        let [ratio, lowest, highest] = with_noise(&column(1));
        Row::new(&row.name, [median(&column(0)), ratio, lowest, highest])
    };
    Ok(runs[0].iter().enumerate().map(row).collect())
}

/// Measures in this process, and prints the rows.
pub fn once(section: &str) -> Result<()> {
    subjects::take_logs();
    let apps = APPS.iter().map(|(name, build)| (*name, FEW, subjects::app(*build)));
    let mut all: Vec<_> = apps.collect();
    if section == "calls" {
        all.truncate(1);
        all.extend(CALLS.iter().map(|(name, build)| {
            let times = if ["a span", "a log"].contains(name) { FEW } else { MANY };
            (*name, times, subjects::call(*build))
        }));
    }
    println!("{}", serde_json::to_string(&measure(&subjects::runtime(), all))?);
    Ok(())
}

/// Returns for each subject the nanoseconds of one call, and its ratio to the first subject: the
/// median of the ratios within a round.
fn measure(runtime: &Runtime, mut subjects: Vec<(&str, u32, Subject)>) -> Vec<Row> {
    for (_, times, subject) in &mut subjects {
        subject(runtime, 10 * *times);
    }
    let mut nanos = vec![Vec::with_capacity(ROUNDS); subjects.len()];
    let mut order: Vec<_> = (0..subjects.len()).collect();
    for _ in 0..ROUNDS {
        // Each round has another order, because each subject affects the caches of the next one.
        fastrand::shuffle(&mut order);
        for &index in &order {
            let (_, times, subject) = &mut subjects[index];
            let started = Instant::now();
            subject(runtime, *times);
            nanos[index].push(started.elapsed().as_secs_f64() * 1e9 / f64::from(*times));
        }
    }
    let row = |((name, ..), own): (&(&str, u32, Subject), &Vec<f64>)| {
        let ratios: Vec<_> = own.iter().zip(&nanos[0]).map(|(own, first)| own / first).collect();
        Row::new(name, [median(own), median(&ratios)])
    };
    subjects.iter().zip(&nanos).map(row).collect()
}

/// The middle value, the lowest and the highest.
pub fn with_noise(values: &[f64]) -> [f64; 3] {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    [median(values), low, high]
}

/// The middle value.
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
