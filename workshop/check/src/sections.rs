//! The sections of the book that findings point to.

pub const START: &str = "troubleshooting.md#the-program-does-not-start";
pub const APP: &str = "step-01.md#how-it-works";
pub const STOP: &str = "production.md#shutdown";
pub const INTERVAL: &str = "step-02.md#compare-with-our-step";
pub const UNIT: &str = "numbers.md#a-number-without-a-unit";
pub const TEMPORALITY: &str = "numbers.md#total-or-difference";
pub const HISTOGRAM: &str = "numbers.md#what-a-histogram-can-tell";
pub const SERIES: &str = "numbers.md#too-many-series";
pub const LOST: &str = "numbers.md#metrics-that-were-never-exported";
pub const DOWN: &str = "step-03.md#break-it";
pub const SECRET: &str = "azure.md#how-it-works";
pub const CONNECTION: &str = "azure.md#break-it";
pub const LATENCY: &str = "step-05.md#add-the-latency";
pub const ABORT: &str = "step-04.md#how-it-works";
pub const TRACES: &str = "step-06.md#how-it-works";
pub const ERRORS: &str = "step-06.md#break-it";
pub const LOGS: &str = "step-07.md#how-it-works";

/// The section on metrics that do not arrive.
pub fn nothing(step: u8) -> &'static str {
    match step {
        2 => "troubleshooting.md#nothing-on-the-console",
        3 => "troubleshooting.md#nothing-at-the-collector",
        _ => "troubleshooting.md#nothing-in-application-insights",
    }
}

/// The section on the code of a step.
pub fn code(step: u8) -> &'static str {
    match step {
        2 => "step-02.md#how-it-works",
        3 => "step-03.md#how-it-works",
        _ => "step-04.md#how-it-works",
    }
}

/// The section on the exporter of a step.
pub fn exporter(step: u8) -> &'static str {
    if step < 4 { code(step) } else { "azure.md#how-it-works" }
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
        TRACES,
        ERRORS,
        LOGS,
    ];
    let of_steps = (2..=5).flat_map(|step| [nothing(step), code(step), exporter(step)]);
    fixed.into_iter().chain(of_steps).collect()
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
