//! The machine of a measurement.

use std::{fs, thread};

use anyhow::Result;
use harness::Program;

/// The processor, its cores, the system, the compiler, and the day.
pub fn describe() -> Result<String> {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("an unknown processor", |(_, model)| model.trim());
    let cores = thread::available_parallelism()?;
    let system = Program::new("uname").args(["-s", "-r"]).run()?.stdout;
    let rustc = Program::new("rustc").arg("--version").run()?.stdout;
    let rustc: Vec<_> = rustc.split(' ').take(2).collect();
    let day = Program::new("date").args(["-u", "+%Y-%m-%d"]).run()?.stdout;
    let (system, rustc, day) = (system.trim(), rustc.join(" "), day.trim());
    Ok(format!("Measured on {day}\n{model}, {cores} cores\n{system}, {rustc}"))
}
