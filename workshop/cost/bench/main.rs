//! Measures what the telemetry costs, and writes the results to `results.json`.
//!
//! Run with `cargo bench -p cost`, or `cargo bench -p cost -- requests memory` for some sections.

mod crates;
mod first_metric;
mod instructions;
mod lean;
mod load;
mod machine;
mod memory;
mod pairs;
mod prepare;
mod stand_ins;
mod subjects;

use std::{env, fs, path::PathBuf, process, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use cost::{Results, Row, Table};
use harness::Program;

/// A section: its name, the titles of its columns, and the measurement.
type Section = (&'static str, &'static [&'static str], fn() -> Result<Vec<Row>>);

const SECTIONS: [Section; 9] = [
    ("requests", &pairs::COLUMNS, pairs::requests),
    ("calls", &pairs::COLUMNS, pairs::calls),
    ("instructions", &instructions::COLUMNS, instructions::measure),
    ("load", &load::COLUMNS, load::measure),
    ("memory", &memory::COLUMNS, memory::measure),
    ("stand-ins", &stand_ins::COLUMNS, stand_ins::measure),
    ("first-metric", &first_metric::COLUMNS, first_metric::measure),
    ("prepare", &prepare::COLUMNS, prepare::measure),
    ("crates", &crates::COLUMNS, crates::measure),
];

const BUILD_LIMIT: Duration = Duration::from_secs(1800);

fn main() {
    if let Err(error) = run() {
        eprintln!("error: {error:#}");
        process::exit(1);
    }
}

fn run() -> Result<()> {
    // Cargo adds the argument `--bench`.
    let args: Vec<_> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let names: Vec<_> = args.iter().map(String::as_str).collect();
    match names[..] {
        ["--help" | "-h"] => {
            let sections = SECTIONS.map(|(name, ..)| name).join(" | ");
            println!(
                "cargo bench -p cost [-- {sections} ...]\n\
                 cargo bench -p cost -- --check   compares what does not depend on the machine \
                 with results.json"
            );
            Ok(())
        }
        ["--check"] => check(),
        ["--pairs", section] => pairs::once(section),
        ["--once", name, times] => instructions::once(name, times.parse()?),
        _ => record(&names),
    }
}

/// Measures these sections, or all, and replaces their tables.
fn record(names: &[&str]) -> Result<()> {
    if let Some(unknown) = names.iter().find(|name| SECTIONS.iter().all(|(own, ..)| own != *name)) {
        bail!("there is no section {unknown}; --help lists them");
    }
    let mut results = read()?;
    for (name, columns, measure) in SECTIONS {
        if !names.is_empty() && !names.contains(&name) {
            continue;
        }
        eprintln!("Measuring: {name}");
        let rows = measure().with_context(|| format!("cannot measure {name}"))?;
        let columns = columns.iter().map(ToString::to_string).collect();
        let table = Table { name: name.to_string(), machine: machine::describe()?, columns, rows };
        println!("{name}\n{}\n", table.text());
        results.put(table);
        // Each result is kept, even if a later section fails.
        let json = serde_json::to_string_pretty(&results)? + "\n";
        fs::write(path(), json)?;
    }
    Ok(())
}

/// Fails if the instructions exceed the recorded ones, or the memory exceeds its bound.
fn check() -> Result<()> {
    let recorded = read()?;
    let mut exceeded = instructions::exceeded(&recorded)?;
    exceeded.extend(memory::exceeded()?);
    for line in &exceeded {
        eprintln!("{line}");
    }
    ensure!(exceeded.is_empty(), "{} costs are too high", exceeded.len());
    Ok(())
}

fn path() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/results.json"))
}

fn read() -> Result<Results> {
    let path = path();
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("invalid: {}", path.display()))
}

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Builds these programs as a user would for production, and returns their paths.
fn release<const N: usize>(names: [&str; N]) -> Result<[PathBuf; N]> {
    let mut cargo = Program::cargo().args(["build", "--locked", "--release"]);
    for name in names {
        cargo = cargo.args(["-p", name]);
    }
    let built = cargo.current_dir(root()).limit(BUILD_LIMIT).run()?;
    ensure!(built.status.success(), "cargo build failed:\n{}", built.stderr);
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(names.map(|name| target.join("release").join(name)))
}
