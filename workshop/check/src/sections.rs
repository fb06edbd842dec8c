//! The sections of the book that findings point to.

pub const START: &str = "troubleshooting.md#it-does-not-start";
pub const APP: &str = "step-01.md#the-app";
pub const STOP: &str = "production.md#shutting-down";
pub const INTERVAL: &str = "step-02.md#how-it-works";
pub const UNIT: &str = "numbers.md#a-number-without-a-unit";
pub const TEMPORALITY: &str = "numbers.md#total-or-difference";
pub const HISTOGRAM: &str = "numbers.md#what-a-histogram-can-say";
pub const SERIES: &str = "numbers.md#too-many-series";
pub const LOST: &str = "numbers.md#metrics-that-never-left";
pub const DOWN: &str = "step-03.md#break-it";
pub const SECRET: &str = "step-04.md#the-exporter";
pub const CONNECTION: &str = "step-04.md#break-it";
pub const LATENCY: &str = "step-05.md#what-changed";
pub const ABORT: &str = "step-04.md#what-changed";

/// The section on metrics that do not arrive.
pub fn nothing(step: u8) -> &'static str {
    match step {
        2 => "troubleshooting.md#nothing-on-the-console-step-02",
        3 => "troubleshooting.md#nothing-at-the-collector-step-03",
        _ => "troubleshooting.md#nothing-in-azure-steps-04-and-05",
    }
}

/// The section on the code of a step.
pub fn code(step: u8) -> &'static str {
    match step {
        2 => "step-02.md#what-changed",
        3 => "step-03.md#what-changed",
        _ => "step-04.md#what-changed",
    }
}

/// All sections, for the test that compares them with the book.
#[cfg(test)]
fn all() -> Vec<&'static str> {
    let fixed = [
        START,
        APP,
        STOP,
        INTERVAL,
        UNIT,
        TEMPORALITY,
        HISTOGRAM,
        SERIES,
        LOST,
        DOWN,
        SECRET,
        CONNECTION,
        LATENCY,
        ABORT,
    ];
    fixed.into_iter().chain((2..=5).flat_map(|step| [nothing(step), code(step)])).collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn each_section_is_in_the_book() {
        let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src");
        for section in super::all() {
            let (file, anchor) = section.split_once('#').unwrap();
            let text = fs::read_to_string(book.join(file)).unwrap();
            let anchors = text.lines().filter(|line| line.starts_with('#')).map(|line| {
                let title = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
                title.replace(|c: char| !c.is_alphanumeric() && c != '-' && c != '_', "")
            });
            assert!(anchors.into_iter().any(|found| found == anchor), "{section}");
        }
    }
}
