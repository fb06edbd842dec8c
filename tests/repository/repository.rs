//! What the repository promises about itself: small steps, few crates, one version of everything.

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
    for ((number, _), limit) in STEPS.into_iter().zip([45, 70, 90, 110, 110]) {
        let package = format!("step-0{number}");
        let edges = "--edges=normal,build";
        let args = ["tree", "--locked", edges, "--prefix=none", "--package", &package];
        let tree = cargo(root(), &args);
        let crates: BTreeSet<_> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
        assert!(crates.len() <= limit, "{package} builds {} crates: {crates:#?}", crates.len());
    }
}

/// Neither blank lines nor comments count as lines of a step: they are what makes it readable.
#[test]
fn each_step_is_small() {
    for ((number, _), limit) in STEPS.into_iter().zip([100, 125, 150, 195, 195]) {
        let mut total = 0;
        for file in fs::read_dir(folder(number).join("src")).unwrap() {
            let path = file.unwrap().path();
            let text = read(&path);
            assert!(text.lines().count() <= 80, "{} is longer than a screen", path.display());
            let code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
            total += text.lines().filter(code).count();
        }
        assert!(total < limit, "step 0{number} has {total} lines");
    }
}

/// From one step to the next, what is not the lesson stays letter for letter: the whole diff can
/// be read in a minute.
#[test]
fn each_step_changes_little() {
    for (number, limit) in (2..=5_u8).zip([45, 50, 110, 10]) {
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

/// A step states its versions itself, so that it can be copied out. They must be the workspace's.
#[test]
fn the_steps_and_the_workspace_agree_on_versions() {
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
        // In the target folder, so that the dependencies need not be built anew each time.
        let target = root().join("target").join("copied-out");
        let target = target.to_str().unwrap();
        cargo(&copy, &["check", "--offline", "--quiet", "--target-dir", target]);
    }
}

#[test]
fn the_steps_depend_on_nothing_of_the_workshop() {
    for (number, _) in STEPS {
        let manifest = read(folder(number).join("Cargo.toml"));
        assert!(!manifest.contains("path =") && !manifest.contains("workspace"), "step 0{number}");
    }
}

/// One Collector: in the compose file, in CI, and in what the stand-in says it imitates.
#[test]
fn everybody_names_the_same_collector() {
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
        // The providers are on a release train of their own.
        assert!(own || module.contains("/confmap/provider/"), "{module}");
    }
    assert!(read("workshop/collector/README.md").contains(version));
}

/// Ports on loopback alone, each one that the configuration opens and no other.
#[test]
fn the_compose_file_publishes_what_the_configuration_opens() {
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

/// The example leads to the stand-in, and no real connection string was committed.
#[test]
fn the_example_of_the_environment_leads_to_the_stand_in() {
    let example = read(".env.example");
    assert!(example.contains("InstrumentationKey=00000000-0000-0000-0000-000000000000;"));
    assert!(example.contains("IngestionEndpoint=http://127.0.0.1:4319/"));
    assert!(read(".gitignore").lines().any(|line| line == ".env"));
    assert!(read(".envrc").lines().any(|line| line == "dotenv_if_exists"));
}
