//! The configuration of the real Collector, and step 03 with it. The stand-in's own tests compare
//! the two Collectors on a corpus of requests.

use std::path::PathBuf;

use harness::{Program, text};
use tests::{
    collector,
    real_collector::{RealCollector, otelcol},
    root, step,
};

use crate::output;

#[test]
#[ignore = "needs a real Collector"]
fn the_real_collector_accepts_the_configuration() {
    let Some(otelcol) = otelcol() else { return };
    let config = root().join("otel-collector-config.yml");
    let validate = |config: &PathBuf| {
        let config = format!("--config={}", config.display());
        Program::new(&otelcol).arg("validate").arg(config).run().unwrap()
    };
    let finished = validate(&config);
    assert!(finished.status.success(), "{}", finished.stderr);

    // A receiver that does not exist is refused.
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.yml");
    let text =
        std::fs::read_to_string(config).unwrap().replace("receivers: [otlp]", "receivers: [oltp]");
    std::fs::write(&broken, text).unwrap();
    assert!(!validate(&broken).status.success());
}

/// Visits step 03, which exports to a Collector at `url`.
fn visit(url: &str) {
    let step = step(3)
        .env("OTEL_METRIC_EXPORT_INTERVAL", "3600000")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        .start()
        .unwrap();
    for path in ["/Ada/", "/Ada/", "/Ada", "/Grace/", "/%FF/", "/favicon.ico"] {
        step.get(path).unwrap();
    }
    let finished = step.stop().unwrap();
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
}

#[test]
#[ignore = "needs a real Collector"]
fn the_stand_in_prints_step_03_like_the_real_collector() {
    let Some(real) = RealCollector::start() else { return };
    visit(&real.otlp());
    let real = real.stop();

    let stand_in = collector().start().unwrap();
    visit(&stand_in.url(""));
    let stand_in = stand_in.stop().unwrap();

    assert!(real.contains("naughty_or_nice_counter"), "{real}");
    let (real, stand_in) = (text::collector(&real), text::collector(&stand_in.stdout));
    for (number, (real, stand_in)) in real.lines().zip(stand_in.lines()).enumerate() {
        assert_eq!(stand_in, real, "line {number}");
    }
    assert!(stand_in == real, "one of the two texts is longer");
}

/// The real Collector prints the time zone of the machine, which the mask hides.
#[test]
#[ignore = "needs a real Collector"]
fn the_stand_in_answers_the_health_check_like_the_real_collector() {
    let Some(real) = RealCollector::start() else { return };
    assert_eq!(output::health(&real.health()), output::stand_in_health());
}
