//! Counts the instructions of a request, which do not depend on the load of the machine.

use std::{env, time::Duration};

use anyhow::{Context, Result, ensure};
use cost::{Results, Row};
use harness::Program;

use crate::subjects::{self, APPS, CALLS, Subject};

pub const COLUMNS: [&str; 2] = ["instructions", "of a plain request"];
const LIMIT: Duration = Duration::from_secs(300);
/// Processors have different variants of `memcpy`, and the SDK's hash tables grow at random times.
const MARGIN: f64 = 1.05;
/// The subjects of the check: the plain app, and the steps' telemetry.
const CHECKED: [&str; 3] = ["no telemetry", "the middleware of step 04", "the layer of step 02"];

/// The instructions of each visit and each call that keep to one thread.
pub fn measure() -> Result<Vec<Row>> {
    // An export, a span or a log also uses another thread, whose instructions would be counted.
    let alone = |name: &&str| !["exporting", "a span", "a log"].iter().any(|it| name.contains(it));
    let names = APPS.iter().map(|(name, _)| *name).chain(CALLS.iter().map(|(name, _)| *name));
    let mut rows: Vec<Row> = vec![];
    for name in names.filter(alone) {
        let own = count(name)?;
        let first = rows.first().and_then(|row| row.values[0]).unwrap_or(own);
        rows.push(Row::new(name, [own, own / first]));
    }
    Ok(rows)
}

/// The subjects that need more instructions than recorded.
pub fn exceeded(recorded: &Results) -> Result<Vec<String>> {
    if !available() {
        // .ci/run lists the lines that begin with SKIPPED.
        println!("SKIPPED: there is no valgrind, which counts instructions (apt install valgrind)");
        return Ok(vec![]);
    }
    let table = recorded.table("instructions").context("results.json has no instructions")?;
    let mut exceeded = vec![];
    for name in CHECKED {
        let limit = table.value(name, COLUMNS[0]).context("results.json lacks a subject")? * MARGIN;
        let found = count(name)?;
        println!("{name}: {found:.0} instructions a request, at most {limit:.0}");
        if found > limit {
            exceeded.push(format!("{name}: {found:.0} instructions, more than {limit:.0}"));
        }
    }
    Ok(exceeded)
}

fn available() -> bool {
    Program::new("valgrind").arg("--version").run().is_ok_and(|done| done.status.success())
}

/// The instructions of one call: the difference between two runs, divided by the extra calls.
fn count(name: &str) -> Result<f64> {
    // After these calls, each of 2,000 series exists.
    const FEW: u32 = 3000;
    const MANY: u32 = 6000;
    let [few, many] = [FEW, MANY].map(|times| collected(name, times));
    Ok((many? - few?) / f64::from(MANY - FEW))
}

/// The instructions of this program when it calls a subject `times` times.
fn collected(name: &str, times: u32) -> Result<f64> {
    let program = Program::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args(["--once", name, &times.to_string()]);
    let done = program.limit(LIMIT).run().context("valgrind is needed: apt install valgrind")?;
    ensure!(done.status.success(), "valgrind failed:\n{}", done.stderr);
    let line = done.stderr.lines().find_map(|line| line.split_once("Collected : "));
    let (_, count) = line.context("valgrind printed no number of instructions")?;
    Ok(count.trim().parse()?)
}

/// Calls a subject `times` times, while another program counts the instructions.
pub fn once(name: &str, times: u32) -> Result<()> {
    subjects::take_logs();
    let app = APPS.iter().find(|(own, _)| *own == name).map(|(_, build)| subjects::app(*build));
    let call =
        || CALLS.iter().find(|(own, _)| *own == name).map(|(_, build)| subjects::call(*build));
    let mut subject: Subject = app.or_else(call).context("there is no such subject")?;
    subject(&subjects::runtime(), times);
    Ok(())
}
