//! The tables and charts of the chapter about costs, from `workshop/cost/results.json`.

use chart::bars::{Bar, Bars};
use cost::{Results, Table};
use tests::{assert_figure, assert_file, assert_snapshot_in, root};

fn results() -> Results {
    let json = std::fs::read_to_string(root().join("workshop/cost/results.json")).unwrap();
    serde_json::from_str(&json).unwrap()
}

#[test]
fn pages_show_the_recorded_costs() {
    let folder = root().join("workshop/cost/snapshots");
    for table in results().tables {
        assert_snapshot_in(&folder, &table.name, &table.text());
    }
}

#[test]
fn charts_show_the_recorded_costs() {
    let results = results();
    let requests = results.table("requests").unwrap();
    assert_figure("cost-requests", &bars(requests, "Time of a request", "ns"));
    let calls = results.table("calls").unwrap();
    assert_figure("cost-calls", &bars(calls, "Time of a call", "ns"));
}

/// The first column as bars. Apps, metrics, spans and logs have different colors.
fn bars(table: &Table, title: &str, unit: &str) -> String {
    let bars = table.rows.iter().map(|row| Bar {
        label: row.name.clone(),
        value: row.values[0].unwrap().round(),
        group: match &*row.name {
            "no telemetry" => 0,
            name if name.contains("a span") => 2,
            name if name.contains("a log") => 3,
            _ => 1,
        },
    });
    let bars = Bars { title: title.to_string(), unit: unit.to_string(), bars: bars.collect() };
    bars.to_svg(760)
}

/// The chapter and the report for upstream call two parts a half, and the report calls one a third.
#[test]
fn parts_of_the_layers_match_the_pages() {
    let results = results();
    let table = results.table("instructions").unwrap();
    let over = |name| {
        let count = |name| table.value(name, "instructions").unwrap();
        count(name) - count("no telemetry")
    };
    let layer = "the layer of step 02";
    let half = 0.4..0.6;
    for (part, whole, expected) in [
        ("an empty middleware, from_fn", "the middleware of step 04", &half),
        ("the layer without any provider", layer, &half),
        // The rest is the span, about a third.
        ("the layer's metrics, no span", layer, &(0.6..0.75)),
    ] {
        let share = over(part) / over(whole);
        assert!(expected.contains(&share), "{part}: {share}");
    }
}

/// Each check of a machine asks for the disk space that the preparation needs.
#[test]
fn checks_ask_for_enough_disk_space() {
    let results = results();
    let prepare = results.table("prepare").unwrap();
    let used = prepare.value("cargo workshop prepare", "MB on the disk").unwrap();
    for (file, before, after) in [
        ("check.sh", "else needed=", ";"),
        ("check.ps1", "$enough = if ($missing) { ", " }"),
        ("workshop/cli/src/doctor/disk.rs", "const TO_BUILD: u64 = ", "_000_000;"),
    ] {
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        let number = text.split_once(before).unwrap().1.split_once(after).unwrap().0;
        let asked: f64 = number.replace('_', "").parse().unwrap();
        assert!((1.05..1.5).contains(&(asked / used)), "{file} asks for {asked} MB, not {used}");
    }
}

#[test]
fn report_for_upstream_shows_the_recorded_instructions() {
    let path = root().join("workshop/cost/UPSTREAM.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (start, rest) = page.split_once("<!-- instructions -->\n```text\n").unwrap();
    let (_, end) = rest.split_once("```\n").unwrap();
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    for name in ["opentelemetry-instrumentation-tower", "opentelemetry", "axum"] {
        let dependency = manifest.lines().find(|line| line.starts_with(&format!("{name} = ")));
        let version = dependency.unwrap().split('"').nth(1).unwrap();
        assert!(page.contains(&format!("`{name}` {version}")), "not about {name} {version}");
    }
    let table = results().table("instructions").unwrap().text();
    assert_file(&path, &format!("{start}<!-- instructions -->\n```text\n{table}\n```\n{end}"));
}
