//! Measures subjects in turn, so that a disturbance of the machine meets all of them.

use std::time::Instant;

use anyhow::Result;
use cost::Row;
use tokio::runtime::Runtime;

use crate::subjects::{self, APPS, CALLS, Subject};

const ROUNDS: usize = 500;
/// The parts of a run whose medians state the noise.
const TENTHS: usize = 10;
/// The calls of one subject in one round.
const TIMES: u32 = 200;

pub const COLUMNS: [&str; 4] = ["ns", "of a plain request", "lowest tenth", "highest tenth"];

/// Visits to each app.
#[expect(clippy::unnecessary_wraps, reason = "like the other sections")]
pub fn requests() -> Result<Vec<Row>> {
    subjects::take_logs();
    let runtime = subjects::runtime();
    let apps = APPS.iter().map(|(name, build)| (*name, subjects::app(*build))).collect();
    Ok(measure(&runtime, apps))
}

/// Single calls of the API, after a visit to the plain app.
#[expect(clippy::unnecessary_wraps, reason = "like the other sections")]
pub fn calls() -> Result<Vec<Row>> {
    subjects::take_logs();
    let (plain, build) = APPS[0];
    let mut all = vec![(plain, subjects::app(build))];
    all.extend(CALLS.iter().map(|(name, build)| (*name, subjects::call(*build))));
    Ok(measure(&subjects::runtime(), all))
}

/// Returns for each subject the nanoseconds of one call, and its ratio to the first subject: the
/// median of the ratios within a round. The last two columns are the lowest and the highest of the
/// medians of each tenth of the run.
fn measure(runtime: &Runtime, subjects: Vec<(&str, Subject)>) -> Vec<Row> {
    let (names, mut subjects): (Vec<_>, Vec<_>) = subjects.into_iter().unzip();
    for subject in &mut subjects {
        subject(runtime, 10 * TIMES);
    }
    let mut times = vec![Vec::with_capacity(ROUNDS); subjects.len()];
    let mut order: Vec<_> = (0..subjects.len()).collect();
    for _ in 0..ROUNDS {
        // Another order in each round, because each subject leaves the caches to the next one.
        fastrand::shuffle(&mut order);
        for &index in &order {
            let started = Instant::now();
            subjects[index](runtime, TIMES);
            let nanos = started.elapsed().as_secs_f64() * 1e9;
            times[index].push(nanos / f64::from(TIMES));
        }
    }
    let row = |(name, own): (&&str, &Vec<f64>)| {
        let ratios: Vec<_> = own.iter().zip(&times[0]).map(|(own, first)| own / first).collect();
        let tenths = ratios.chunks(ROUNDS / TENTHS).map(median);
        let low = tenths.clone().fold(f64::INFINITY, f64::min);
        let high = tenths.fold(f64::NEG_INFINITY, f64::max);
        Row::new(name, [median(own), median(&ratios), low, high])
    };
    names.iter().zip(&times).map(row).collect()
}

/// The middle value.
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
