//! The limits of the repository: small steps, few crates, one version of everything.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use harness::{Program, target_beside};
use serde_json::Value;
use tests::{STEPS, folder, root};
use toml::Table;

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn toml(path: impl AsRef<Path>) -> Table {
    read(path).parse().unwrap()
}

/// Runs cargo, which has to succeed, and returns its stdout.
fn cargo(folder: &Path, args: &[&str]) -> String {
    let cargo = Program::cargo().args(args).current_dir(folder).limit(Duration::from_secs(1800));
    let finished = cargo.run().unwrap();
    assert!(finished.status.success(), "{}", finished.stderr);
    finished.stdout
}

/// A class waits for every crate.
#[test]
fn each_step_builds_few_crates() {
    for ((number, _), limit) in STEPS.into_iter().zip([45, 70, 125, 125, 125, 125, 125]) {
        let package = format!("step-0{number}");
        let edges = "--edges=normal,build";
        let args = ["tree", "--locked", edges, "--prefix=none", "--package", &package];
        let tree = cargo(root(), &args);
        let crates: BTreeSet<_> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
        assert!(crates.len() <= limit, "{package} builds {} crates: {crates:#?}", crates.len());
    }
}

/// A step is read in one go, file by file.
#[test]
fn each_file_of_a_step_fits_on_a_screen() {
    for (number, _) in STEPS {
        for file in fs::read_dir(folder(number).join("src")).unwrap() {
            let path = file.unwrap().path();
            let lines = read(&path).lines().count();
            assert!(lines <= 90, "{} has {lines} lines", path.display());
        }
    }
}

/// Code that is not the lesson stays the same from one step to the next, so that the whole diff can
/// be read in a minute.
#[test]
fn each_step_has_few_new_lines() {
    for (number, limit) in (2..=7_u8).zip([50, 50, 200, 10, 165, 60]) {
        let sources = |number| -> BTreeMap<String, String> {
            fs::read_dir(folder(number).join("src"))
                .unwrap()
                .map(|file| file.unwrap().path())
                .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), read(&path)))
                .collect()
        };
        let (before, after) = (sources(number - 1), sources(number));
        let removed: Vec<_> = before.keys().filter(|file| !after.contains_key(*file)).collect();
        assert!(removed.is_empty(), "step 0{number} has no {removed:?}");
        let new = after.iter().flat_map(|(file, text)| {
            let known: BTreeSet<&str> =
                before.get(file).map(|s| s.lines().collect()).unwrap_or_default();
            text.lines().filter(move |line| !known.contains(line))
        });
        let count = new.count();
        assert!(count <= limit, "step 0{number} has {count} new lines");
    }
}

/// A step states its versions, so that it builds outside the workspace. The versions must agree.
#[test]
fn steps_and_workspace_have_the_same_versions() {
    fn versions(table: &Table) -> impl Iterator<Item = (&String, &str)> {
        table.iter().filter_map(|(name, value)| {
            let version = value.as_str().or_else(|| value.get("version")?.as_str())?;
            Some((name, version))
        })
    }
    let workspace = toml("Cargo.toml");
    let workspace = workspace["workspace"].as_table().unwrap();
    let mut agreed: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (name, version) in versions(workspace["dependencies"].as_table().unwrap()) {
        agreed.insert(name.clone(), (version.into(), "the workspace".into()));
    }
    for (number, _) in STEPS {
        let manifest = toml(folder(number).join("Cargo.toml"));
        for (name, version) in versions(manifest["dependencies"].as_table().unwrap()) {
            let own = (version.to_string(), format!("step 0{number}"));
            let first = agreed.entry(name.clone()).or_insert_with(|| own.clone());
            assert_eq!(first.0, own.0, "{name}: {} and {} disagree", first.1, own.1);
        }
        let package = manifest["package"].as_table().unwrap();
        for key in ["edition", "rust-version"] {
            assert_eq!(package[key], workspace["package"][key], "{key} of step 0{number}");
        }
    }
}

#[test]
#[ignore = "builds the steps again"]
fn each_step_builds_outside_the_repository() {
    let outside = tempfile::tempdir().unwrap();
    for (number, name) in STEPS {
        let copy = outside.path().join(name);
        fs::create_dir_all(copy.join("src")).unwrap();
        for file in fs::read_dir(folder(number).join("src")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), copy.join("src").join(file.file_name())).unwrap();
        }
        fs::copy(folder(number).join("Cargo.toml"), copy.join("Cargo.toml")).unwrap();
        fs::copy(root().join("Cargo.lock"), copy.join("Cargo.lock")).unwrap();
        let target = target_beside(&root().join("target"), "copied-out").unwrap();
        let target = target.to_str().unwrap();
        // With the profile of the workspace, cargo does not compile its crates again.
        let profile = "profile.dev.package.'*'.debug=false";
        let arguments = ["--offline", "--quiet", "--target-dir", target, "--config", profile];
        cargo(&copy, &[&["build"], &arguments[..]].concat());
    }
}

#[test]
fn step_manifests_name_no_path_or_workspace() {
    for (number, _) in STEPS {
        let manifest = read(folder(number).join("Cargo.toml"));
        assert!(!manifest.contains("path =") && !manifest.contains("workspace"), "step 0{number}");
    }
}

/// One version, in the compose file, in CI, in the README of the stand-in, and for Azure.
#[test]
fn all_files_name_the_same_collector_version() {
    let image = "otel/opentelemetry-collector-contrib:";
    let compose = read("docker-compose.yml");
    let (_, version) = compose.split_once(image).expect("the compose file names the image");
    let version = version.lines().next().unwrap().trim();
    let manifest = read(".ci/otelcol.yaml");
    assert!(manifest.contains(&format!("\n  version: {version}\n")));
    let modules: Vec<_> = manifest.lines().filter(|line| line.contains("gomod: ")).collect();
    assert!(modules.len() > 5);
    for module in modules {
        let own = module.ends_with(&format!(" v{version}"));
        // The providers have version numbers of their own.
        assert!(own || module.contains("/confmap/provider/"), "{module}");
    }
    assert!(read("workshop/collector/README.md").contains(version));
    let azure = read("azure/collector/azuremonitor.yml");
    assert!(azure.contains(&format!("{image}{version} ")));
}

/// The published ports are on loopback: each port that the configuration opens, those of Prometheus
/// and Grafana, and no other port.
#[test]
fn compose_file_publishes_the_configured_ports() {
    let opened = read("otel-collector-config.yml");
    let opened = opened.lines().filter_map(|line| line.split_once("${env:LISTEN:-0.0.0.0}:"));
    let mut expected: BTreeSet<_> =
        opened.map(|(_, port)| format!("127.0.0.1:{port}:{port}")).collect();
    assert_eq!(expected.len(), 3);
    expected.extend(["127.0.0.1:9090:9090", "127.0.0.1:3001:3000"].map(String::from));
    let published = ["docker-compose.yml", "prometheus/docker-compose.yml"].map(|file| {
        let services = yaml(file)["services"].as_object().unwrap().clone();
        let ports = services.values().filter_map(|service| service["ports"].as_array().cloned());
        let ports = ports.flatten().map(|port| port.as_str().unwrap().to_string());
        ports.collect::<Vec<_>>()
    });
    let published = published.into_iter().flatten();
    assert_eq!(published.collect::<BTreeSet<_>>(), expected);
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// One version, in the compose file and in CI, where the module of version 3.16 is v0.316.
#[test]
fn all_files_name_the_same_prometheus_version() {
    let image = yaml("prometheus/docker-compose.yml")["services"]["prometheus"]["image"].clone();
    let version = image.as_str().unwrap().strip_prefix("prom/prometheus:v3.").unwrap().to_string();
    let module = format!("  prometheus=v0.3{version}\n");
    assert!(read(".ci/run").contains(&module), "{module}");
}

/// The tests cannot run Grafana itself. They check that the dashboard reads the provisioned data
/// source, and that the compose file puts the files where Grafana looks for them. The queries run
/// on a real Prometheus in `tests/steps/prometheus.rs`.
#[test]
fn dashboard_reads_the_provisioned_data_source() {
    let sources = yaml("prometheus/grafana/datasource.yml")["datasources"].clone();
    let [source] = &sources.as_array().unwrap()[..] else { panic!("{sources}") };
    let compose = yaml("prometheus/docker-compose.yml")["services"].clone();
    assert!(
        source["url"].as_str() == Some("http://prometheus:9090")
            && compose["prometheus"].is_object()
    );

    let dashboard: Value =
        serde_json::from_str(&read("prometheus/grafana/dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert_eq!(panel["type"], "timeseries", "{panel}");
        assert_eq!(panel["datasource"]["uid"], source["uid"], "{panel}");
        assert_eq!(panel["datasource"]["type"], source["type"], "{panel}");
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        let place = ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap());
        assert!(place[0] + place[2] <= 24, "{panel}");
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty());
        for target in targets {
            assert!(!target["expr"].as_str().unwrap().is_empty(), "{panel}");
        }
    }

    let provider = yaml("prometheus/grafana/dashboards.yml")["providers"][0].clone();
    let folder = provider["options"]["path"].as_str().unwrap();
    let mounts = compose["grafana"]["volumes"].as_array().unwrap().iter();
    let mounts: Vec<_> = mounts.map(|mount| mount.as_str().unwrap()).collect();
    for (file, place) in [
        ("datasource.yml", "/etc/grafana/provisioning/datasources/"),
        ("dashboards.yml", "/etc/grafana/provisioning/dashboards/"),
        ("dashboard.json", folder),
    ] {
        let mount = format!("./grafana/{file}:{place}");
        assert!(mounts.iter().any(|there| there.starts_with(&mount)), "{mount} in {mounts:?}");
    }
}

/// The example points to the stand-in, and no real connection string was committed.
#[test]
fn example_environment_points_to_the_stand_in() {
    let example = read(".env.example");
    assert!(example.contains("InstrumentationKey=00000000-0000-0000-0000-000000000000;"));
    assert!(example.contains("IngestionEndpoint=http://127.0.0.1:4319/"));
    assert!(read(".gitignore").lines().any(|line| line == ".env"));
    assert!(read(".envrc").lines().any(|line| line == "dotenv_if_exists"));
}
