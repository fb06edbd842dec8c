//! `cargo workshop doctor` on several machines: with fake programs on the path, used ports, and
//! variables.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use crate::workshop::{Workshop, repository};
use harness::{Finished, Program};

/// The options of the ports, and their defaults.
const PORTS: [(&str, u16); 5] = [
    ("--app", 8000),
    ("--book", 3000),
    ("--collector", 4318),
    ("--health", 13133),
    ("--app-insights", 4319),
];
/// Variables of the machine that runs the tests, which would change the findings.
const HOST: [&str; 8] = [
    "CARGO_BUILD_TARGET",
    "CARGO_HOME",
    "CARGO_HTTP_PROXY",
    "CARGO_TARGET_DIR",
    "HOME",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "USERPROFILE",
];

/// A machine with everything necessary, and nothing else.
struct Machine {
    workshop: Workshop,
    variables: BTreeMap<String, String>,
    ports: BTreeMap<&'static str, u16>,
    /// Whether to use the real PATH instead of the folder of the fake programs.
    real_path: bool,
}

impl Machine {
    fn new() -> Self {
        let ports = PORTS.into_iter().map(|(option, _)| (option, free_port())).collect();
        let machine =
            Self { workshop: Workshop::new(), variables: BTreeMap::new(), ports, real_path: false };
        for step in fs::read_dir(repository().join("steps")).unwrap() {
            let step = step.unwrap();
            let manifest = fs::read_to_string(step.path().join("Cargo.toml")).unwrap();
            let name = step.file_name().into_string().unwrap();
            machine.workshop.write(&format!("steps/{name}/Cargo.toml"), &manifest);
            let program = format!("step-{}", name.split('-').next().unwrap());
            machine.workshop.write(&format!("target/debug/{program}"), "");
        }
        machine.program("rustc", "echo 'rustc 1.96.2 (0123456789 2026-06-01)'");
        machine.cargo("exit 0");
        for program in ["collector", "app-insights"] {
            machine.workshop.write(&format!("target/debug/{program}"), "");
        }
        machine
    }

    /// Puts a script for `sh` into the path.
    fn program(&self, name: &str, script: &str) {
        self.workshop.script(&format!("bin/{name}"), script);
    }

    /// A cargo that builds into the workshop's own target, and runs a script for `fetch`.
    fn cargo(&self, fetch: &str) {
        let target = self.workshop.path("target");
        let metadata = format!(r#"{{"target_directory": "{}"}}"#, target.display());
        self.program(
            "cargo",
            &format!(
                "case $1 in\n--version) echo 'cargo 1.96.2 (abc 2026-06-01)' ;;\n\
                 metadata) echo '{metadata}' ;;\nfetch) {fetch} ;;\n*) exit 9 ;;\nesac"
            ),
        );
    }

    fn without(&self, program: &str) {
        fs::remove_file(self.workshop.path("bin").join(program)).unwrap();
    }

    fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    fn doctor(&self, root: &Path) -> Program {
        let mut program = Program::new(env!("CARGO_BIN_EXE_workshop")).arg("doctor");
        program = program.arg("--root").arg(root);
        for name in HOST {
            program = program.env_remove(name);
        }
        if !self.real_path {
            program = program.env("PATH", self.workshop.path("bin"));
        }
        for (name, value) in &self.variables {
            program = program.env(name, value);
        }
        self.ports
            .iter()
            .fold(program, |program, (option, port)| program.arg(option).arg(port.to_string()))
    }

    fn examine(&self) -> Finished {
        self.doctor(&self.workshop.path("")).run().unwrap()
    }

    /// The output, with masks for the parts that differ between machines.
    fn masked(&self, finished: &Finished) -> String {
        // The progress appears only on a busy machine.
        let stderr = finished.stderr.replace("Checking this machine ...\n", "");
        let mut text = format!("{}{stderr}", finished.stdout);
        for (option, usual) in PORTS {
            let own = self.ports[option];
            // As wide as the default port, so that the columns stay aligned.
            let (own, padded) = (format!("port {own} "), format!("port {usual:<5} "));
            text = text.replace(&own, &padded).replace(own.trim(), &format!("port {usual}"));
            let number = own.trim_start_matches("port ").trim().to_owned();
            text = text.replace(&format!(":{number}'"), &format!(":{usual}'"));
        }
        let bin = self.workshop.path("bin").display().to_string();
        let text = text.replace(&bin, "/usr/bin").replace("1.96.2", "<version>");
        let lines = text.lines().map(|line| match line.split_once(" GB free") {
            Some((start, rest)) => {
                let start = start.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
                format!("{start}<size>{rest}")
            }
            None => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n") + "\n"
    }
}

/// A free port below the range that the system uses for port 0.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let spread = u16::try_from(process::id() % 97).unwrap() * 100;
        let port = 20_000 + (spread + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Asserts that there is a finding, with its fix.
fn assert_finding(finished: &Finished, state: &str, what: &str, found: &str, fix: &str) {
    let text = &finished.stdout;
    let lines: Vec<_> = text.lines().collect();
    let at = lines.iter().position(|line| {
        let rest = line.split_once(&format!(" {state} ")).map(|(_, rest)| rest.trim_start());
        rest.is_some_and(|rest| rest.starts_with(&format!("{what} "))) && line.contains(found)
    });
    let at = at.unwrap_or_else(|| panic!("no {state} {what}: {found} in\n{text}"));
    let fixd = lines.get(at + 1).is_some_and(|line| line.trim_start().starts_with("fix: "));
    if fix.is_empty() {
        assert!(!fixd, "{what} needs no fix:\n{text}");
    } else {
        let expected = format!("fix: {fix}");
        assert_eq!(lines[at + 1].trim_start(), expected, "{what}\n{text}");
    }
    let failed = lines.iter().any(|line| line.starts_with('✗'));
    assert_eq!(finished.status.code(), Some(i32::from(failed)), "{text}");
}

fn assert_snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn a_machine_with_everything() {
    let machine = Machine::new();
    machine.program("docker", "echo 29.1.0");
    let finished = machine.examine();
    assert_eq!(finished.status.code(), Some(0));
    let text = machine.masked(&finished).replace("29.1.0", "<version>");
    assert_snapshot("doctor", &text);
}

// Some fixes depend on the system; the book shows those for Linux.
#[cfg(target_os = "linux")]
#[test]
fn a_machine_with_many_problems() {
    let mut machine = Machine::new();
    machine.program("rustc", "echo 'rustc 1.75.0 (82e1608df 2023-12-21)'");
    machine.program("docker", "exit 1");
    machine.cargo("exit 101");
    machine.set("https_proxy", "http://me:secret@proxy.example:3128");
    machine.set("OTEL_EXPORTER_OTLP_ENDPOINT", "http://elsewhere.example");
    fs::remove_file(machine.workshop.path("target/debug/step-01")).unwrap();
    let _taken = answering(machine.ports["--app"], "hello");
    let _taken_too = answering(machine.ports["--book"], "hello");
    let finished = machine.examine();
    assert_eq!(finished.status.code(), Some(1));
    assert!(!finished.stdout.contains("secret"), "{}", finished.stdout);
    assert_snapshot("doctor-sick", &machine.masked(&finished));
}

#[test]
fn rust_must_be_installed_and_new_enough() {
    let machine = Machine::new();
    let install = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh";
    let path = machine.workshop.path("bin/rustc");
    machine.program("rustc", "echo 'rustc 1.94.9 (abc)'");
    let old =
        format!("1.94.9 in {}, but {} is needed", path.display(), cli::workspace::RUST_VERSION);
    assert_finding(&machine.examine(), "wrong", "rustc", &old, install);
    // rustup can update its own toolchains.
    machine.program("rustup", "");
    assert_finding(&machine.examine(), "wrong", "rustc", &old, "rustup update stable");
    machine.program("rustc", "echo 'error: no default toolchain' >&2; exit 1");
    let none = "error: no default toolchain";
    assert_finding(&machine.examine(), "wrong", "rustc", none, "rustup update stable");
    machine.program("rustc", "echo hello");
    assert_finding(&machine.examine(), "wrong", "rustc", "\"hello\"", "rustup update stable");
    machine.program("rustc", "echo 'rustc 1.100.0-nightly (abc)'");
    assert_finding(&machine.examine(), "ok", "rustc", "1.100.0-nightly", "");
    for program in ["rustc", "cargo"] {
        machine.without(program);
        assert_finding(&machine.examine(), "wrong", program, "not in the PATH", install);
    }
    // Only cargo can check the crates.
    assert_finding(
        &machine.examine(),
        "wrong",
        "crates",
        "without cargo",
        "cargo workshop prepare",
    );
}

#[test]
fn crates_and_programs_are_checked() {
    let machine = Machine::new();
    let prepare = "cargo workshop prepare";
    let fix = format!("{prepare} (needs a network), or use a USB stick");
    machine.cargo("exit 101");
    assert_finding(&machine.examine(), "wrong", "crates", "incomplete, and", &fix);
    machine.cargo("echo 'error: cannot update the lock file Cargo.lock' >&2; exit 101");
    let fix = "cargo update --workspace";
    assert_finding(&machine.examine(), "wrong", "crates", "does not match", fix);
    machine.cargo("exit 0");
    fs::remove_dir_all(machine.workshop.path("target/debug")).unwrap();
    let finished = machine.examine();
    let all = "start late: step-01, step-02, ";
    assert_finding(&finished, "look", "programs", all, prepare);
    assert_eq!(finished.status.code(), Some(0), "slow, but not wrong");
    assert!(finished.stdout.ends_with("Next: cargo workshop prepare\n"), "{}", finished.stdout);
}

/// Uses the real cargo, in this repository.
#[test]
fn an_empty_cargo_home_has_no_crates() {
    let mut machine = Machine::new();
    machine.real_path = true;
    let home = tempfile::tempdir().unwrap();
    machine.set("CARGO_HOME", home.path().to_str().unwrap());
    let finished = machine.doctor(&repository()).run().unwrap();
    assert_finding(
        &finished,
        "wrong",
        "crates",
        "incomplete, and",
        "cargo workshop prepare (needs a network), or use a USB stick",
    );
}

/// Responds to every request on `port` with `body`.
fn answering(port: u16, body: &'static str) -> TcpListener {
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let server = listener.try_clone().unwrap();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = server.accept() {
            let answer = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}");
            // The doctor also connects without a request.
            let mut request = [0; 1024];
            if stream.read(&mut request).is_ok_and(|read| read > 0) {
                let _ = stream.write_all(answer.as_bytes());
            }
        }
    });
    listener
}

#[test]
fn a_port_of_another_program_is_wrong() {
    for (option, how) in [
        ("--app", "PORT=0 cargo run -p step-01"),
        ("--book", "cargo workshop --port 0"),
        ("--collector", "cargo workshop --collector 127.0.0.1:0"),
        ("--health", "cargo workshop --health 127.0.0.1:0"),
        ("--app-insights", "cargo workshop --app-insights 127.0.0.1:0"),
    ] {
        let machine = Machine::new();
        let port = machine.ports[option];
        let _taken = answering(port, "an unknown answer");
        let fix = format!("stop that program, or {how}");
        let what = format!("port {port}");
        assert_finding(&machine.examine(), "wrong", &what, "in use, but", &fix);
    }
}

#[test]
#[ignore = "waits for a timeout of 5 s"]
fn a_port_on_all_addresses_is_in_use() {
    let machine = Machine::new();
    let port = machine.ports["--book"];
    let _taken = TcpListener::bind(("0.0.0.0", port)).unwrap();
    let finished = machine.examine();
    assert!(finished.stdout.contains(&format!("✗ wrong     port {port}")), "{}", finished.stdout);
    assert!(finished.stderr.contains("Checking this machine ..."), "{}", finished.stderr);
}

#[test]
fn running_programs_are_recognized() {
    let mut machine = Machine::new();
    let workshop = Workshop::new();
    let classroom = workshop.open_all();
    let port =
        |text: String| text.rsplit(':').next().unwrap().trim_end_matches('/').parse().unwrap();
    machine.ports.insert("--book", port(classroom.book()));
    machine.ports.insert("--collector", port(classroom.after("Collector stand-in: ")));
    machine
        .ports
        .insert("--app-insights", port(classroom.after("Application Insights stand-in: ")));
    machine.ports.insert("--health", port(classroom.health()));
    let _step = answering(machine.ports["--app"], "<p>Ada, you have been very nice this year!</p>");
    let finished = machine.examine();
    let what = |machine: &Machine, option| format!("port {}", machine.ports[option]);
    for (option, who) in [
        ("--book", "cargo workshop is running there"),
        ("--collector", "a Collector is running there"),
        ("--health", "a Collector is running there"),
        ("--app-insights", "the Application Insights stand-in is running there"),
    ] {
        assert_finding(&finished, "ok", &what(&machine, option), who, "");
    }
    // Another step could not use the port.
    let fix = "Ctrl-C in the terminal where it runs, or PORT=0 cargo run -p step-01";
    let app = what(&machine, "--app");
    assert_finding(&finished, "look", &app, "a step is running there", fix);
    assert_eq!(finished.status.code(), Some(0));
    // `cargo workshop` could not use the port either, unless it has started the Collector.
    machine.ports.insert("--book", free_port());
    let fix = "Ctrl-C in the terminal where it runs, or cargo workshop --collector 127.0.0.1:0";
    let collector = what(&machine, "--collector");
    assert_finding(&machine.examine(), "look", &collector, "a Collector is running there", fix);
}

#[test]
fn a_proxy_must_exclude_this_machine() {
    let secret = "http://me:secret@proxy.example:3128";
    for name in ["https_proxy", "HTTP_PROXY", "ALL_PROXY"] {
        let mut machine = Machine::new();
        machine.set(name, secret);
        let fix = "export no_proxy=\"127.0.0.1,localhost\"";
        let finished = machine.examine();
        assert_finding(&finished, "look", "proxy", name, fix);
        assert!(!finished.stdout.contains("proxy.example"), "{}", finished.stdout);
        machine.set("no_proxy", "example.com");
        let fix = "export no_proxy=\"$no_proxy,127.0.0.1,localhost\"";
        assert_finding(&machine.examine(), "look", "proxy", name, fix);
        machine.set("no_proxy", "example.com, 127.0.0.1");
        assert_finding(&machine.examine(), "ok", "proxy", name, "");
    }
}

#[test]
fn unexpected_variables_are_found() {
    let azure = "InstrumentationKey=5ec3e7;IngestionEndpoint=https://example.com/";
    let string = "APPLICATIONINSIGHTS_CONNECTION_STRING";
    for (name, value, found) in [
        ("OTEL_SERVICE_NAME", "x", "OTEL_SERVICE_NAME set: the steps use it"),
        (string, azure, "send to another machine"),
        ("PORT", "9000", "PORT set: the app does not listen"),
        ("RUSTFLAGS", "-g", "RUSTFLAGS set: a terminal without it builds everything again"),
        ("CARGO_TARGET_DIR", "/tmp/x", "CARGO_TARGET_DIR set"),
    ] {
        let mut machine = Machine::new();
        machine.set(name, value);
        let finished = machine.examine();
        assert_finding(&finished, "look", "variables", found, &format!("unset {name}"));
        assert!(!finished.stdout.contains("5ec3e7"), "{}", finished.stdout);
        assert_eq!(finished.status.code(), Some(0));
    }
    let mut machine = Machine::new();
    machine.set(string, "InstrumentationKey=0;IngestionEndpoint=http://127.0.0.1:4319/");
    assert_finding(&machine.examine(), "ok", "variables", "no unexpected ones", "");
}

#[test]
fn optional_tools_are_never_wrong() {
    let machine = Machine::new();
    let url = "https://docs.docker.com/get-started/get-docker/";
    assert_finding(&machine.examine(), "optional", "Docker", "missing", url);
    assert_finding(&machine.examine(), "optional", "direnv", "missing", "https://direnv.net");
    let url = "https://learn.microsoft.com/cli/azure/install-azure-cli";
    assert_finding(&machine.examine(), "optional", "Azure CLI", "missing", url);
    // Neither program is run.
    machine.program("direnv", "exec /bin/sleep 600");
    machine.program("az", "exec /bin/sleep 600");
    machine.program("docker", "exit 1");
    let finished = machine.examine();
    assert_finding(&finished, "ok", "direnv", "installed", "");
    assert_finding(&finished, "ok", "Azure CLI", "installed", "");
    assert!(finished.stdout.contains("optional  Docker"), "{}", finished.stdout);
    assert!(
        finished.stdout.contains("installed, but its engine does not run"),
        "{}",
        finished.stdout
    );
    assert_eq!(finished.status.code(), Some(0));
}

#[test]
#[ignore = "waits for a timeout of 5 s"]
fn the_wait_for_docker_is_bounded() {
    let machine = Machine::new();
    machine.program("docker", "exec /bin/sleep 600");
    let start = Instant::now();
    let running =
        machine.doctor(&machine.workshop.path("")).start_when("Checking this machine ...").unwrap();
    assert_eq!(running.stdout(), "", "no findings yet");
    let finished = running.wait().unwrap();
    assert!(start.elapsed() < Duration::from_secs(30));
    assert!(finished.stdout.contains("installed, but it does not answer"), "{}", finished.stdout);
    assert_eq!(finished.status.code(), Some(0));
}

#[test]
fn help_explains_the_symbols() {
    let help = Workshop::new().program(&["doctor", "--help"]).run().unwrap().stdout;
    for part in ["✓ ok ", "○ optional ", "! look ", "✗ wrong ", "[default: 13133]"] {
        assert!(help.contains(part), "{part} in {help}");
    }
}
