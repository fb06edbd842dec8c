//! The limits of the repository: small steps, few crates, one version of everything.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use harness::Program;
use tests::{STEPS, folder, root};
use toml::Table;

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn toml(path: impl AsRef<Path>) -> Table {
    read(path).parse().unwrap()
}

/// Runs cargo to a good end; its stdout.
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

/// A step states its versions itself, so that it builds outside. They must be the workspace's.
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
        // In the target folder, so that the dependencies are built only once.
        let target = root().join("target").join("copied-out");
        let target = target.to_str().unwrap();
        cargo(&copy, &["check", "--offline", "--quiet", "--target-dir", target]);
    }
}

#[test]
fn step_manifests_name_no_path_or_workspace() {
    for (number, _) in STEPS {
        let manifest = read(folder(number).join("Cargo.toml"));
        assert!(!manifest.contains("path =") && !manifest.contains("workspace"), "step 0{number}");
    }
}

/// One Collector: in the compose file, in CI, and in the README of the stand-in.
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
}

/// Ports on loopback only: each port that the configuration opens, and no other.
#[test]
fn compose_file_publishes_the_configured_ports() {
    let ports = |text: &str, before: &str, after: char| -> BTreeSet<String> {
        let found = text.lines().filter_map(|line| line.split_once(before));
        found.map(|(_, rest)| rest.split(after).next().unwrap().trim().to_string()).collect()
    };
    let published = ports(&read("docker-compose.yml"), "- \"127.0.0.1:", ':');
    let opened = ports(&read("otel-collector-config.yml"), "${env:LISTEN:-0.0.0.0}:", ' ');
    assert_eq!(published, opened);
    assert_eq!(published.len(), 3);
    let compose = read("docker-compose.yml");
    let all = compose.lines().filter(|line| line.trim_start().starts_with("- \"")).count();
    assert_eq!(all, 3, "no port is published anywhere else");
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
