//! The article's exporter from `PyPI`, against the program. A recorded request of it is a fixture
//! of `exporters.rs`; this test fails when the exporter sends different values.

use std::{env, io::Write as _, path::Path, process::Command};

use crate::support::{KEY, Program};

/// In milliseconds, from a fast answer to a slow one.
const LATENCIES: [f64; 7] = [0.0, 12.5, 250.0, 1000.0, 1250.0, 2000.0, 3000.0];

#[test]
#[ignore = "needs Python"]
fn averages_are_those_of_the_recorded_values() {
    let Some(python) = env::var_os("PYTHON_WITH_EXPORTER").filter(|path| !path.is_empty()) else {
        // Not by `eprintln!`, which is not shown for a test that passes.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: PYTHON_WITH_EXPORTER is not set to a Python with \
             azure-monitor-opentelemetry-exporter; .ci/run installs one, with Python"
        );
        return;
    };
    let program = Program::start();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/send.py");
    // The endpoint ends with a slash, as those of the portal do.
    let connection_string =
        format!("InstrumentationKey={};IngestionEndpoint=http://{}/", KEY, program.address);
    let output = Command::new(&python)
        .arg(script)
        .arg(connection_string)
        .args(LATENCIES.map(|latency| latency.to_string()))
        // Otherwise it reports about itself, to Microsoft.
        .env("APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL", "true")
        .output()
        .expect("PYTHON_WITH_EXPORTER is a program");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}");

    let line = program.out("request-latency");
    let sum: f64 = LATENCIES.iter().sum();
    let (count, average) = (LATENCIES.len(), sum / 7.0);
    let expected = format!("request-latency average {average:.3} (count {count}, min 0, max 3000)");
    assert!(line.contains(&expected), "no {expected:?} in {line:?}; {complaints}");
    assert!(line.contains(&format!("request-count sum {count}")), "{line:?}");
    assert!(!line.contains("refused") && !line.contains("not kept"), "{line:?}");
    program.stop();
}
