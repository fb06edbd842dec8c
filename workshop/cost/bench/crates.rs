//! The compilation of the first build: the crates of step 02 that take longest.

use std::{collections::BTreeMap, fs};

use anyhow::{Context, Result, ensure};
use cost::Row;
use harness::Program;
use serde::Deserialize;

use crate::BUILD_LIMIT;

pub const COLUMNS: [&str; 2] = ["s of compilation", "of all"];
/// The crates with a row of their own.
const SHOWN: usize = 8;

/// A part of a crate, such as its library or its build script, in Cargo's report.
#[derive(Deserialize)]
struct Unit {
    name: String,
    duration: f64,
}

/// From an empty `target` folder. Cargo compiles several crates at a time, so that the build ends
/// before the sum of these times.
pub fn measure() -> Result<Vec<Row>> {
    let target = tempfile::tempdir()?;
    let cargo = Program::cargo().args(["build", "--locked", "--timings", "-p", "step-02"]);
    let cargo = cargo.env("CARGO_TARGET_DIR", target.path()).current_dir(crate::root());
    let built = cargo.keep_proxies().limit(BUILD_LIMIT).run()?;
    ensure!(built.status.success(), "cargo build failed:\n{}", built.stderr);
    let report = fs::read_to_string(target.path().join("cargo-timings/cargo-timing.html"))?;
    let mut times = BTreeMap::<String, f64>::new();
    for unit in units(&report).context("the report of cargo --timings has no units")? {
        *times.entry(unit.name).or_default() += unit.duration;
    }
    let sum: f64 = times.values().sum();
    let mut times: Vec<_> = times.into_iter().collect();
    times.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let rest = times.split_off(SHOWN.min(times.len()));
    times.push((format!("{} others", rest.len()), rest.iter().map(|(_, time)| time).sum()));
    Ok(times.iter().map(|(name, time)| Row::new(name, [*time, time / sum])).collect())
}

fn units(report: &str) -> Option<Vec<Unit>> {
    let (_, data) = report.split_once("const UNIT_DATA = ")?;
    let mut values = serde_json::Deserializer::from_str(data).into_iter();
    values.next()?.ok()
}
