//! `cargo workshop doctor` on machines that lack something: fake programs in the path, ports that
//! are taken, variables that are set.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use harness::{Finished, Program};
use support::{Workshop, repository};

/// Options for the ports, and the ports that they usually are.
const PORTS: [(&str, u16); 5] = [
    ("--app", 8000),
    ("--book", 3000),
    ("--collector", 4318),
    ("--health", 13133),
    ("--app-insights", 4319),
];
/// What would say something of the machine that the tests run on.
const ALIEN: [&str; 8] = [
    "CARGO_BUILD_TARGET",
    "CARGO_HOME",
    "CARGO_HTTP_PROXY",
    "CARGO_TARGET_DIR",
    "HOME",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "USERPROFILE",
];

/// A machine with all that is needed, and nothing else.
struct Machine {
    workshop: Workshop,
    variables: BTreeMap<String, String>,
    ports: BTreeMap<&'static str, u16>,
    /// Fake, unless told otherwise.
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

    /// Puts a program that does `what` into the path.
    fn program(&self, name: &str, what: &str) {
        self.workshop.program_that(&format!("bin/{name}"), what);
    }

    /// A cargo that has everything built in the workshop's own target, and for `fetch` does this.
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
        for name in ALIEN {
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

    /// What it says, with what differs from machine to machine masked.
    fn says(&self, finished: &Finished) -> String {
        // On a machine that is busy it says what it does.
        let stderr = finished.stderr.replace("Looking at this machine ...\n", "");
        let mut text = format!("{}{stderr}", finished.stdout);
        for (option, usual) in PORTS {
            let own = self.ports[option];
            // As wide as the usual one, or the columns would move.
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

/// A port that nobody gets who asks for any: the system gives those from above.
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

/// The finding of `what` that has `found`, with its cure.
fn assert_finding(finished: &Finished, state: &str, what: &str, found: &str, cure: &str) {
    let text = &finished.stdout;
    let lines: Vec<_> = text.lines().collect();
    let at = lines.iter().position(|line| {
        let rest = line.split_once(&format!(" {state} ")).map(|(_, rest)| rest.trim_start());
        rest.is_some_and(|rest| rest.starts_with(&format!("{what} "))) && line.contains(found)
    });
    let at = at.unwrap_or_else(|| panic!("no {state} {what}: {found} in\n{text}"));
    let cured = lines.get(at + 1).is_some_and(|line| line.trim_start().starts_with("cure: "));
    if cure.is_empty() {
        assert!(!cured, "{what} needs no cure:\n{text}");
    } else {
        let expected = format!("cure: {cure}");
        assert_eq!(lines[at + 1].trim_start(), expected, "{what}\n{text}");
    }
    let failed = lines.iter().any(|line| line.starts_with('✗'));
    assert_eq!(finished.status.code(), Some(i32::from(failed)), "{text}");
}

fn assert_snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn a_machine_that_has_everything() {
    let machine = Machine::new();
    machine.program("docker", "echo 29.1.0");
    let finished = machine.examine();
    assert_eq!(finished.status.code(), Some(0));
    let text = machine.says(&finished).replace("29.1.0", "<version>");
    assert_snapshot("doctor", &text);
}

// Some cures are the system's own; the book shows those of Linux.
#[cfg(target_os = "linux")]
#[test]
fn a_machine_that_lacks_a_lot() {
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
    assert_snapshot("doctor-sick", &machine.says(&finished));
}

#[test]
fn rust_has_to_be_there_and_new_enough() {
    let machine = Machine::new();
    let install = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh";
    let path = machine.workshop.path("bin/rustc");
    machine.program("rustc", "echo 'rustc 1.94.9 (abc)'");
    let old = format!("1.94.9 in {}, but 1.95 is needed", path.display());
    assert_finding(&machine.examine(), "wrong", "rustc", &old, install);
    // What rustup has, it can update.
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
    // Without cargo nobody knows of crates.
    assert_finding(
        &machine.examine(),
        "wrong",
        "crates",
        "without cargo",
        "cargo workshop prepare",
    );
}

#[test]
fn crates_and_programs_have_to_be_there() {
    let machine = Machine::new();
    let prepare = "cargo workshop prepare";
    let cure = format!("{prepare} (needs a network), or take a stick");
    machine.cargo("exit 101");
    assert_finding(&machine.examine(), "wrong", "crates", "not all here", &cure);
    machine.cargo("echo 'error: cannot update the lock file Cargo.lock' >&2; exit 101");
    let cure = "cargo update --workspace";
    assert_finding(&machine.examine(), "wrong", "crates", "does not fit", cure);
    machine.cargo("exit 0");
    fs::remove_dir_all(machine.workshop.path("target/debug")).unwrap();
    let finished = machine.examine();
    let all = "start late: step-01, step-02, ";
    assert_finding(&finished, "look", "programs", all, prepare);
    assert_eq!(finished.status.code(), Some(0), "slow, but not wrong");
}

/// With the real cargo, in the real workshop.
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
        "not all here",
        "cargo workshop prepare (needs a network), or take a stick",
    );
}

/// Answers every request on `port` with `body`.
fn answering(port: u16, body: &'static str) -> TcpListener {
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let server = listener.try_clone().unwrap();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = server.accept() {
            let answer = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}");
            // Whoever only looks whether somebody listens sends nothing and is gone.
            let mut request = [0; 1024];
            if stream.read(&mut request).is_ok_and(|read| read > 0) {
                let _ = stream.write_all(answer.as_bytes());
            }
        }
    });
    listener
}

#[test]
fn a_port_that_somebody_else_has_is_wrong() {
    for (option, how) in [
        ("--app", "PORT=0 cargo run -p step-01"),
        ("--book", "cargo workshop --port 0"),
        ("--collector", "cargo workshop --collector 127.0.0.1:0"),
        ("--health", "cargo workshop --health 127.0.0.1:0"),
        ("--app-insights", "cargo workshop --app-insights 127.0.0.1:0"),
    ] {
        let machine = Machine::new();
        let port = machine.ports[option];
        let _taken = answering(port, "nothing that we know");
        let cure = format!("stop that program, or {how}");
        let what = format!("port {port}");
        assert_finding(&machine.examine(), "wrong", &what, "taken, and", &cure);
    }
}

#[test]
fn a_port_on_all_addresses_is_taken_too() {
    let machine = Machine::new();
    let port = machine.ports["--book"];
    let _taken = TcpListener::bind(("0.0.0.0", port)).unwrap();
    let start = Instant::now();
    let finished = machine.examine();
    assert!(finished.stdout.contains(&format!("✗ wrong     port {port}")), "{}", finished.stdout);
    // It never answers.
    assert!(start.elapsed() < Duration::from_secs(30));
    assert!(finished.stderr.contains("Looking at this machine ..."), "{}", finished.stderr);
}

#[test]
fn what_runs_already_is_no_trouble() {
    let mut machine = Machine::new();
    let classroom = Workshop::new().open_all();
    let port =
        |text: String| text.rsplit(':').next().unwrap().trim_end_matches('/').parse().unwrap();
    machine.ports.insert("--book", port(classroom.book()));
    machine.ports.insert("--collector", port(classroom.after("Collector, a stand-in: ")));
    machine
        .ports
        .insert("--app-insights", port(classroom.after("Application Insights, a stand-in: ")));
    let stderr = classroom.running.stderr();
    let health = stderr.split("health: ").nth(1).unwrap().split(')').next().unwrap();
    machine.ports.insert("--health", port(health.to_owned()));
    let _step = answering(machine.ports["--app"], "<p>Ada, you have been very nice this year!</p>");
    let finished = machine.examine();
    let what = |machine: &Machine, option| format!("port {}", machine.ports[option]);
    for (option, who) in [
        ("--book", "cargo workshop runs there already"),
        ("--collector", "a Collector runs there already"),
        ("--health", "a Collector runs there already"),
        ("--app-insights", "the Application Insights stand-in runs there already"),
    ] {
        assert_finding(&finished, "ok", &what(&machine, option), who, "");
    }
    // Another step would find its port taken.
    let cure = "Ctrl-C in the terminal where it runs, or PORT=0 cargo run -p step-01";
    let app = what(&machine, "--app");
    assert_finding(&finished, "look", &app, "a step runs there already", cure);
    assert_eq!(finished.status.code(), Some(0));
    // So would cargo workshop, if it is not the one that has started them.
    machine.ports.insert("--book", free_port());
    let cure = "Ctrl-C in the terminal where it runs, or cargo workshop --collector 127.0.0.1:0";
    let collector = what(&machine, "--collector");
    assert_finding(&machine.examine(), "look", &collector, "a Collector runs there already", cure);
}

#[test]
fn a_proxy_must_spare_this_machine() {
    let secret = "http://me:secret@proxy.example:3128";
    for name in ["https_proxy", "HTTP_PROXY", "ALL_PROXY"] {
        let mut machine = Machine::new();
        machine.set(name, secret);
        let cure = "export no_proxy=\"127.0.0.1,localhost\"";
        let finished = machine.examine();
        assert_finding(&finished, "look", "proxy", name, cure);
        assert!(!finished.stdout.contains("proxy.example"), "{}", finished.stdout);
        machine.set("no_proxy", "example.com");
        let cure = "export no_proxy=\"$no_proxy,127.0.0.1,localhost\"";
        assert_finding(&machine.examine(), "look", "proxy", name, cure);
        machine.set("no_proxy", "example.com, 127.0.0.1");
        assert_finding(&machine.examine(), "ok", "proxy", name, "");
    }
    // Only cargo heeds these two.
    let mut machine = Machine::new();
    machine.set("CARGO_HTTP_PROXY", secret);
    assert_finding(&machine.examine(), "ok", "proxy", "for cargo alone, from CARGO_HTTP_PROXY", "");
    let mut machine = Machine::new();
    machine.set("CARGO_HOME", machine.workshop.path("home").to_str().unwrap());
    machine.workshop.write("home/config.toml", &format!("[http]\nproxy = \"{secret}\"\n"));
    let finished = machine.examine();
    assert_finding(&finished, "ok", "proxy", "home/config.toml", "");
    assert!(!finished.stdout.contains("secret"), "{}", finished.stdout);
}

#[test]
fn variables_that_would_surprise_are_named() {
    let azure = "InstrumentationKey=5ec3e7;IngestionEndpoint=https://example.com/";
    let string = "APPLICATIONINSIGHTS_CONNECTION_STRING";
    for (name, value, found) in [
        ("OTEL_SERVICE_NAME", "x", "OTEL_SERVICE_NAME set: the steps heed that"),
        (string, azure, "leads away from this machine"),
        ("PORT", "9000", "PORT set: the app listens there"),
        ("RUSTFLAGS", "-g", "RUSTFLAGS set: a terminal without builds everything again"),
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
    assert_finding(&machine.examine(), "ok", "variables", "none that would surprise", "");
}

#[test]
fn what_is_optional_never_fails() {
    let machine = Machine::new();
    let url = "https://docs.docker.com/get-started/get-docker/";
    assert_finding(&machine.examine(), "optional", "Docker", "not here", url);
    assert_finding(&machine.examine(), "optional", "direnv", "not here", "https://direnv.net");
    let url = "https://learn.microsoft.com/cli/azure/install-azure-cli";
    assert_finding(&machine.examine(), "optional", "Azure CLI", "not here", url);
    // Neither is run, so neither can hang.
    machine.program("direnv", "exec /bin/sleep 600");
    machine.program("az", "exec /bin/sleep 600");
    machine.program("docker", "exit 1");
    let finished = machine.examine();
    assert_finding(&finished, "ok", "direnv", "here", "");
    assert_finding(&finished, "ok", "Azure CLI", "here", "");
    assert!(finished.stdout.contains("optional  Docker"), "{}", finished.stdout);
    assert!(finished.stdout.contains("here, but its engine does not run"), "{}", finished.stdout);
    assert_eq!(finished.status.code(), Some(0));
}

#[test]
fn a_docker_that_hangs_does_not_hang_it() {
    let machine = Machine::new();
    machine.program("docker", "exec /bin/sleep 600");
    let start = Instant::now();
    let running = machine
        .doctor(&machine.workshop.path(""))
        .start_when("Looking at this machine ...")
        .unwrap();
    assert_eq!(running.stdout(), "", "it says what it does while it does it");
    let finished = running.wait().unwrap();
    assert!(start.elapsed() < Duration::from_secs(30));
    assert!(finished.stdout.contains("here, but it does not answer"), "{}", finished.stdout);
    assert_eq!(finished.status.code(), Some(0));
}

#[test]
fn its_help_explains_the_signs() {
    let help = Workshop::new().program(&["doctor", "--help"]).run().unwrap().stdout;
    for part in ["✓ ok ", "○ optional ", "! look ", "✗ wrong ", "[default: 13133]"] {
        assert!(help.contains(part), "{part} in {help}");
    }
}
