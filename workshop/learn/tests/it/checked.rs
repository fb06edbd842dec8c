//! Each lab and each exercise, built and checked.
//!
//! All of them share one target folder, so that each costs only the build of the app itself.

use std::{
    fmt::Write as _,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    thread::{self, ScopedJoinHandle},
};

use crate::copy::{fill, repository};
use check::{Options, Registry, Report, report::Level};
use harness::target_beside;

const SHARED: &str = env!("CARGO_TARGET_TMPDIR");

/// Where apps are built, one after the other.
struct Workbench {
    root: PathBuf,
    _lock: File,
}

impl Workbench {
    /// Waits for the other tests. In one target folder, cargo does not distinguish workspaces at
    /// different paths, so there is one path, and one test at a time.
    fn new() -> Self {
        let lock = File::create(Path::new(SHARED).join("workbench.lock")).unwrap();
        lock.lock().unwrap();
        let root = Path::new(SHARED).join("a workbench");
        if root.exists() {
            fs::remove_dir_all(&root).unwrap();
        }
        fs::create_dir_all(root.join("programs")).unwrap();
        fill(&root);
        Self { root, _lock: lock }
    }

    fn root(&self) -> &Path {
        &self.root
    }

    /// Runs cargo in `mine/`, without a network.
    fn cargo(&self, command: &str) -> std::process::Output {
        let target = target_beside(Path::new(SHARED).parent().unwrap(), "exercises").unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.arg(command).args(["-p", "mine", "--offline", "--quiet"]);
        cargo.arg("--target-dir").arg(target).current_dir(self.root().join("mine"));
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                cargo.env_remove(&name);
            }
        }
        cargo.output().unwrap()
    }

    /// Builds `mine/` and keeps the program.
    fn build(&self, name: &str) -> PathBuf {
        let output = self.cargo("build");
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && complaints.is_empty(), "{name}: {complaints}");
        let program = self.root().join("programs").join(name);
        fs::copy(Path::new(SHARED).join("../exercises/debug/naughty-or-nice"), &program).unwrap();
        program
    }
}

fn checked(program: &Path, step: u8, registry: Option<&Path>) -> Report {
    let mut options = Options::new(program, Some(step)).unwrap();
    if let Some(folder) = registry {
        options.registry.metrics.extend(Registry::load(folder).unwrap().metrics);
    }
    check::check(&options).unwrap()
}

/// The identifiers of the findings that are not informational, each once.
fn findings(report: &Report) -> Vec<&'static str> {
    let mut ids: Vec<_> = report
        .findings()
        .filter(|finding| finding.level > Level::Information)
        .map(|finding| finding.id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[test]
#[ignore = "builds each lab"]
fn each_lab_fails_with_its_finding_and_passes_when_cured() {
    let workbench = Workbench::new();
    let mut lines = String::new();
    let labs = learn::labs(&repository()).unwrap();
    // A check mostly waits: meanwhile, the next lab is built.
    let reports = thread::scope(|scope| {
        let check = |lab: &learn::Lab| {
            learn::lab(workbench.root(), &lab.name).unwrap();
            let (program, step) = (workbench.build(&lab.name), lab.step);
            scope.spawn(move || checked(&program, step, None))
        };
        let checks: Vec<_> = labs.iter().map(check).collect();
        checks.into_iter().map(|check| check.join().unwrap()).collect::<Vec<_>>()
    });
    for (lab, report) in labs.iter().zip(reports) {
        let found = findings(&report);
        for finding in &lab.finding {
            assert!(found.contains(&finding.as_str()), "{}: {}", lab.name, report.human(false));
        }
        writeln!(lines, "{}: {}", lab.name, found.join(", ")).unwrap();
    }
    // The cure is the step without the patch.
    for step in 1..=check::LAST_STEP {
        if step == check::LAST_STEP {
            learn::solve(workbench.root(), "15-take-the-trace-along").unwrap();
        } else {
            learn::start(workbench.root(), step + 1).unwrap();
        }
        let report = checked(&workbench.build(&format!("step-{step}")), step, None);
        assert!(report.passed, "{}", report.human(false));
        writeln!(lines, "cured, step {step:02}: {}", findings(&report).join(", ")).unwrap();
    }
    insta::assert_snapshot!("labs", lines);
}

#[test]
#[ignore = "builds each exercise"]
fn each_exercise_is_red_before_and_green_after() {
    let workbench = Workbench::new();
    let mut lines = String::new();
    let exercises = learn::exercises(&repository()).unwrap();
    // A check mostly waits: meanwhile, the next app is built.
    let reports = thread::scope(|scope| {
        let mut checks = vec![];
        for exercise in &exercises {
            let (name, registry) = (&exercise.name, exercise.registry.as_deref());
            let Some(step) = exercise.check.step else { continue };
            learn::begin(workbench.root(), name).unwrap();
            let start = workbench.build(&format!("{name}-start"));
            let before = scope.spawn(move || checked(&start, step, registry));
            learn::solve(workbench.root(), name).unwrap();
            let solution = workbench.build(&format!("{name}-solution"));
            let after = scope.spawn(move || checked(&solution, step, registry));
            checks.push((exercise, before, after));
        }
        let join = |(exercise, before, after): (_, ScopedJoinHandle<_>, ScopedJoinHandle<_>)| {
            (exercise, before.join().unwrap(), after.join().unwrap())
        };
        checks.into_iter().map(join).collect::<Vec<_>>()
    });
    for (exercise, before, after) in &reports {
        let check = &exercise.check;
        for finding in &check.findings {
            let is_it = |found: &&check::report::Finding| {
                let named = check.metric.as_ref().is_none_or(|name| found.expected.contains(name));
                found.id == finding && named
            };
            assert!(before.findings().any(|found| is_it(&found)), "{}", before.human(false));
            assert!(!after.findings().any(|found| is_it(&found)), "{}", after.human(false));
        }
        let [before, after] = [before, after].map(|report| findings(report).join(", "));
        writeln!(lines, "{}\n  before: {before}\n  after: {after}", exercise.name).unwrap();
    }
    insta::assert_snapshot!("exercises", lines);
}

#[test]
#[ignore = "builds each exercise"]
fn in_memory_test_fails_before_and_passes_after() {
    let workbench = Workbench::new();
    let name = "16-test-your-telemetry";
    learn::begin(workbench.root(), name).unwrap();
    let output = workbench.cargo("test");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("not yet implemented"), "{output:?}");
    learn::solve(workbench.root(), name).unwrap();
    let output = workbench.cargo("test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));

    // Without the drop, an aborted request is not counted, and the test reports it.
    let file = workbench.root().join("mine/src/latency.rs");
    let text = fs::read_to_string(&file).unwrap();
    let broken =
        text.replace("impl Drop for Measurement {", "#[allow(dead_code)]\nimpl Measurement {");
    assert_ne!(broken, text);
    fs::write(&file, broken).unwrap();
    let output = workbench.cargo("test");
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 failed"), "{output:?}");
}

/// What a learner does in the exercise of step 02, on the lock file of the repository.
#[test]
#[ignore = "builds each exercise"]
fn crates_of_later_steps_are_added_without_a_network() {
    let workbench = Workbench::new();
    learn::start(workbench.root(), 2).unwrap();
    // Cargo removes crates that the app does not use from the lock file.
    workbench.build("before");
    let manifest = workbench.root().join("mine/Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let (own, later) = text.split_once("[target.'cfg(any())'.dependencies]\n").unwrap();
    fs::write(
        &manifest,
        own.replacen("[dependencies]\n", "[dependencies]\n@", 1).replace(
            '@',
            &later
                .lines()
                .filter(|line| !own.contains(line.split(' ').next().unwrap()))
                .fold(String::new(), |all, line| all + line + "\n"),
        ),
    )
    .unwrap();
    workbench.build("after");
    let [mine, workshop] =
        ["mine/Cargo.lock", "Cargo.lock"].map(|lock| versions(workbench.root(), lock));
    assert!(mine.iter().any(|package| package.starts_with("opentelemetry-otlp ")), "{mine:?}");
    for package in mine {
        assert!(workshop.contains(&package), "{package} is at another version");
    }
}

/// The packages of a registry in a lock file, with their versions.
fn versions(root: &Path, lock: &str) -> Vec<String> {
    let lock: toml::Table = toml::from_str(&fs::read_to_string(root.join(lock)).unwrap()).unwrap();
    let packages = lock["package"].as_array().unwrap().iter();
    packages
        .filter(|package| package.get("source").is_some())
        .map(|package| {
            format!(
                "{} {}",
                package["name"].as_str().unwrap(),
                package["version"].as_str().unwrap()
            )
        })
        .collect()
}
