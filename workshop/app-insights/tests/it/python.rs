//! The exporter of the article, as `PyPI` has it, against the real program. What it sent once is a
//! fixture of `exporters.rs`; this notices when it sends something else.

use std::{env, io::Write as _, path::Path, process::Command};

use crate::support::Program;

/// In milliseconds, from a fast answer to a slow one.
const LATENCIES: [f64; 7] = [0.0, 12.5, 250.0, 1000.0, 1250.0, 2000.0, 3000.0];

#[test]
#[ignore = "needs Python and the exporter of Azure Monitor"]
fn its_averages_are_the_ones_that_were_recorded() {
    let Some(python) = env::var_os("PYTHON_WITH_EXPORTER").filter(|path| !path.is_empty()) else {
        // Not by `eprintln!`, which would not be seen of a test that passes.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: PYTHON_WITH_EXPORTER is not set to a Python that has \
             azure-monitor-opentelemetry-exporter; .ci/run makes one, with Python"
        );
        return;
    };
    let program = Program::start();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/send.py");
    // The endpoint ends with a slash, as those of the portal do.
    let connection_string = format!(
        "InstrumentationKey={};IngestionEndpoint=http://{}/",
        crate::support::KEY,
        program.address
    );
    let output = Command::new(&python)
        .arg(script)
        .arg(connection_string)
        .args(LATENCIES.map(|latency| latency.to_string()))
        // It would report about itself, to Microsoft.
        .env("APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL", "true")
        .output()
        .expect("PYTHON_WITH_EXPORTER is a program");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}");

    let line = program.out("request-latency");
    let sum: f64 = LATENCIES.iter().sum();
    let (count, average) = (LATENCIES.len(), sum / 7.0);
    let told = format!("request-latency average {average:.3} (count {count}, min 0, max 3000)");
    assert!(line.contains(&told), "no {told:?} in {line:?}; {complaints}");
    assert!(line.contains(&format!("request-count sum {count}")), "{line:?}");
    assert!(!line.contains("refused") && !line.contains("not kept"), "{line:?}");
    program.stop();
}
