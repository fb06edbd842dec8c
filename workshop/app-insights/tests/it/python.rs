//! Tests the program with the article's metric exporter from `PyPI`, and with the exporters for
//! traces and logs from the same package. A recorded request of the metric exporter is a fixture of
//! `exporters.rs`; this test fails if an exporter sends different values.

use std::{env, io::Write as _, path::Path, process::Command};

use serde_json::json;

use crate::support::{KEY, Program, json_of};

/// Latencies in milliseconds, from fast to slow.
const LATENCIES: [f64; 7] = [0.0, 12.5, 250.0, 1000.0, 1250.0, 2000.0, 3000.0];

#[test]
#[ignore = "needs Python"]
fn metrics_traces_and_logs_arrive_as_they_were_recorded() {
    let Some(python) = env::var_os("PYTHON_WITH_EXPORTER").filter(|path| !path.is_empty()) else {
        // Not with `eprintln!`, because its output is hidden if the test passes.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: PYTHON_WITH_EXPORTER is not set to a Python with \
             azure-monitor-opentelemetry-exporter; .ci/run installs one, with Python"
        );
        return;
    };
    let program = Program::start();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/send.py");
    // The endpoint ends with a slash, as in connection strings from the portal.
    let connection_string =
        format!("InstrumentationKey={};IngestionEndpoint=http://{}/", KEY, program.address);
    let output = Command::new(&python)
        .arg(script)
        .arg(connection_string)
        .args(LATENCIES.map(|latency| latency.to_string()))
        // Otherwise, the exporter sends statistics about itself to Microsoft.
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

    let operation = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert_eq!(operation.len(), 32, "{operation:?}; {complaints}");
    program.out("1 request, 1 dependency, 1 exception");
    program.out("2 messages");
    let transaction = json_of(&program.get(&format!("/api/transactions/{operation}")));
    let shown = |field: &str| -> Vec<_> {
        transaction["items"].as_array().unwrap().iter().map(|item| item[field].clone()).collect()
    };
    let exception = "ValueError: neither naughty nor nice";
    assert_eq!(shown("kind"), ["request", "message", "dependency", "exception"]);
    assert_eq!(shown("text"), ["GET /{name}/", "Ada is here", "judge", exception]);
    assert_eq!(shown("depth"), [0, 1, 1, 2]);
    assert_eq!(shown("failed"), [false, false, false, true]);
    assert_eq!(shown("severity"), [json!(null), json!(2), json!(null), json!(null)]);
    assert_eq!(shown("note"), vec![json!(null); 4]);
    assert!(shown("role").iter().all(|role| role == "naughty-or-nice"), "{transaction}");
    assert_eq!(shown("details")[0]["url"], "http://127.0.0.1:8000/Ada/");
    let stack = shown("details")[3]["exceptions"][0]["stack"].to_string();
    assert!(stack.contains("ValueError"), "{stack}");
    let outside = json_of(&program.get("/api/transactions?kind=message&name=outside"));
    assert_eq!(outside["items"][0]["operation"], "", "{outside}");
    program.stop();
}
