//! The configuration of the real Collector, and step 03 with it. The stand-in's own tests compare
//! the two Collectors on a corpus of requests.

use std::{env, path::PathBuf};

use harness::{Answer, Backend, Program, text};
use tests::{collector, root, skip, step};

/// The real Collector; without one, a line on stderr says how to get it.
fn otelcol() -> Option<PathBuf> {
    let path = env::var_os("OTELCOL").filter(|path| !path.is_empty()).map(PathBuf::from);
    if path.is_none() {
        skip("OTELCOL is not set to a real Collector; .ci/run builds one, with Go");
    }
    path
}

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

/// Any port that is free now. The Collector does not print which port 0 became.
fn free_port() -> u16 {
    Backend::start(|_| Answer::Status(200)).unwrap().address().port()
}

/// Step 03's text, from a Collector at `url`.
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
    let Some(otelcol) = otelcol() else { return };
    let (port, health, zpages) = (free_port(), free_port(), free_port());
    let real = Program::new(otelcol)
        .arg(format!("--config={}", root().join("otel-collector-config.yml").display()))
        .arg(format!("--set=receivers.otlp.protocols.http.endpoint=127.0.0.1:{port}"))
        .arg(format!("--set=extensions.health_check.endpoint=127.0.0.1:{health}"))
        .arg(format!("--set=extensions.zpages.endpoint=127.0.0.1:{zpages}"))
        .arg("--set=service.telemetry.metrics.level=none")
        .start_when("Everything is ready.")
        .unwrap();
    visit(&format!("http://127.0.0.1:{port}"));
    let real = real.stop().unwrap();

    let stand_in = collector().start().unwrap();
    visit(&stand_in.url(""));
    let stand_in = stand_in.stop().unwrap();

    assert!(real.stdout.contains("naughty_or_nice_counter"), "{}", real.stdout);
    let (real, stand_in) = (text::collector(&real.stdout), text::collector(&stand_in.stdout));
    for (number, (real, stand_in)) in real.lines().zip(stand_in.lines()).enumerate() {
        assert_eq!(stand_in, real, "line {number}");
    }
    assert!(stand_in == real, "one of the two texts is longer");
}
