//! The sheet for attendees has the same commands, ports and variables as the programs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use clap::{CommandFactory as _, Parser as _};
use cli::commands::Cli;
use tests::{STEPS, folder, root};

use crate::{book::source, commands::commands};

/// The cells of the rows of a table, found by the title of its first column.
fn table(page: &str, title: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(source().join(page)).unwrap();
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|it| it.trim().to_string()).collect()
    };
    let start = format!("| {title} |");
    let rows = text.lines().skip_while(|line| !line.starts_with(&start)).skip(2);
    let rows: Vec<_> = rows.take_while(|line| line.starts_with('|')).map(cells).collect();
    assert!(!rows.is_empty(), "{page} has no table with the column {title}");
    rows
}

/// The code in a text.
fn code(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn commands_of_a_chapter_are_on_its_page() {
    let mut found = BTreeSet::new();
    for row in table("sheet.md", "chapter") {
        let page = row[0].split_once("](").unwrap().1.trim_end_matches(')');
        let of_the_page = commands(&source().join(page));
        for command in code(&row[1]).into_iter().filter(|it| it.contains("cargo ")) {
            assert!(of_the_page.iter().any(|it| it == command), "{page}: {command}");
            found.insert(command.to_string());
        }
    }
    for (number, _) in STEPS {
        let package = format!("cargo run -p step-0{number}");
        assert!(found.iter().any(|it| it.ends_with(&package)), "the sheet lacks {package}");
    }
}

#[test]
fn commands_of_the_workshop_are_valid() {
    let text = fs::read_to_string(source().join("sheet.md")).unwrap();
    let lines = text.lines().flat_map(code);
    let all: Vec<_> = lines.filter(|it| it.starts_with("cargo workshop")).collect();
    for command in &all {
        let parsed = Cli::try_parse_from(command.split(' ').skip(1));
        assert!(parsed.is_ok(), "{command}: {}", parsed.unwrap_err());
    }
    assert!(Cli::try_parse_from(["workshop", "exercise", "2", "--begin"]).is_err());
    for subcommand in ["check", "doctor", "exercise", "reset", "start"] {
        let command = format!("cargo workshop {subcommand}");
        assert!(all.iter().any(|it| it.starts_with(&command)), "the sheet lacks {command}");
    }
}

/// The ports that the programs use without options, each with a name for its program.
fn ports() -> BTreeMap<u16, &'static str> {
    let cli = Cli::command();
    let doctor = cli.find_subcommand("doctor").unwrap();
    let port = |command: &clap::Command, option: &str| {
        let option = command.get_arguments().find(|it| it.get_id() == option).unwrap();
        let default = option.get_default_values()[0].to_str().unwrap();
        default.rsplit(':').next().unwrap().parse::<u16>().unwrap()
    };
    // The command that starts the second process sets its port.
    let second = commands(&source().join("step-06.md"));
    let second = second.iter().find_map(|it| it.strip_prefix("PORT=")).unwrap();
    BTreeMap::from([
        (port(doctor, "app"), "the app"),
        (second.split(' ').next().unwrap().parse().unwrap(), "the second process"),
        (port(&cli, "port"), "the book"),
        (port(&cli, "collector"), "the Collector or its stand-in"),
        (port(&cli, "health"), "the health check"),
        (port(&cli, "app_insights"), "the Application Insights stand-in"),
    ])
}

#[test]
fn addresses_are_those_of_the_programs() {
    let rows = table("sheet.md", "address").into_iter();
    let of_the_sheet: BTreeMap<u16, String> = rows.map(|row| address(&row)).collect();
    assert_same(&of_the_sheet, &ports());
    // Another page has the same ports, and one more port, which the real Collector uses.
    let rows = table("setup.md", "port").into_iter();
    let mut of_the_setup: BTreeMap<u16, String> =
        rows.map(|row| (row[0].parse().unwrap(), row[1].clone())).collect();
    let compose = fs::read_to_string(root().join("docker-compose.yml")).unwrap();
    let real = of_the_setup.extract_if(.., |_, program| program.contains("real Collector"));
    let real: Vec<_> = real.collect();
    assert_eq!(real.len(), 1, "{real:?}");
    assert!(compose.contains(&format!("\"127.0.0.1:{0}:{0}\"", real[0].0)), "{real:?}");
    assert_same(&of_the_setup, &ports());
}

/// The port of `<http://127.0.0.1:3000/>`, and the program.
fn address(row: &[String]) -> (u16, String) {
    let port = row[0].strip_prefix("<http://127.0.0.1:").and_then(|it| it.split('/').next());
    (port.unwrap().parse().unwrap(), row[1].clone())
}

fn assert_same(shown: &BTreeMap<u16, String>, used: &BTreeMap<u16, &str>) {
    let numbers = |ports: Vec<&u16>| ports.into_iter().copied().collect::<BTreeSet<_>>();
    assert_eq!(numbers(shown.keys().collect()), numbers(used.keys().collect()));
    for (port, program) in shown {
        assert!(program.starts_with(used[port]), "{port}: {program}, but it is {}", used[port]);
    }
}

/// The exporter of step 03 reads this variable itself. The tests of that step set it.
const READ_BY_THE_SDK: (u8, &str) = (3, "OTEL_EXPORTER_OTLP_ENDPOINT");

/// The variables that the source of a step reads.
fn read_by(step: u8) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder(step).join("src")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for call in ["variable(\"", "is_set(\"", "env::var(\"", "env::var_os(\""] {
            let arguments = text.split(call).skip(1);
            names.extend(arguments.map(|it| it.split('"').next().unwrap().to_string()));
        }
    }
    names
}

#[test]
fn variables_are_those_that_the_steps_read() {
    let mut read: BTreeSet<(u8, String)> = BTreeSet::new();
    for (step, _) in STEPS {
        read.extend(read_by(step).into_iter().map(|name| (step, name)));
    }
    assert!(read.insert((READ_BY_THE_SDK.0, READ_BY_THE_SDK.1.to_string())));
    let mut shown = BTreeSet::new();
    for row in table("sheet.md", "variable") {
        for range in row[1].split(", ") {
            let (first, last) = range.split_once('–').unwrap_or((range, range));
            let steps = first.parse::<u8>().unwrap()..=last.parse().unwrap();
            shown.extend(steps.map(|step| (step, code(&row[0])[0].to_string())));
        }
    }
    assert_eq!(shown, read);
}
