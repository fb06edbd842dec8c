//! Adds a PowerShell form to each command on a page. The page shows the form that the reader
//! chooses.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Commands that no rule translates.
pub(crate) const PAIRS: [(&str, &str); 6] = [
    ("mkdir -p -m 700 gateway/secrets", "New-Item -ItemType Directory -Force gateway/secrets"),
    ("sh check.sh", "powershell -ExecutionPolicy Bypass -File check.ps1"),
    (
        "for i in $(seq 2100); do curl -s -o /dev/null -X METHOD$i http://127.0.0.1:8000/Ada/; done",
        "1..2100 | ForEach-Object { curl.exe -s -o NUL -X \"METHOD$_\" http://127.0.0.1:8000/Ada/ }",
    ),
    (
        "while curl --silent --show-error --output /dev/null http://127.0.0.1:8000/Ada/; do sleep 0.2; done",
        "do { curl.exe --silent --show-error --output NUL http://127.0.0.1:8000/Ada/; \
         Start-Sleep -Milliseconds 200 } while ($LASTEXITCODE -eq 0)",
    ),
    (
        "set -a; . ./.env; set +a",
        "Get-Content .env | Where-Object { $_ -match '^\\w+=' } | ForEach-Object { \
         $name, $value = $_ -split '=', 2; Set-Item \"Env:$name\" $value.Trim(\"'\") }",
    ),
    // PowerShell cannot set a variable for one command only, so the old value is restored.
    (
        "APPLICATIONINSIGHTS_CONNECTION_STRING=garbage cargo run -p step-04",
        "$old = $env:APPLICATIONINSIGHTS_CONNECTION_STRING; \
         $env:APPLICATIONINSIGHTS_CONNECTION_STRING = \"garbage\"; cargo run -p step-04; \
         $env:APPLICATIONINSIGHTS_CONNECTION_STRING = $old",
    ),
];

/// Programs whose arguments have the same meaning in both shells.
const SAME: [&str; 11] = [
    "az",
    "cargo",
    "cp",
    "direnv",
    "docker",
    "openssl",
    "otelcol-contrib",
    "prometheus",
    "promtool",
    "rustc",
    "tar",
];

/// Translates a command for `sh`, or explains why it cannot.
pub(crate) fn translate(command: &str) -> Result<String, String> {
    static VARIABLE: LazyLock<Regex> = LazyLock::new(|| regex(r#"^([A-Z_]+)=([^\s'"$]*) (.*)$"#));
    static QUOTED: LazyLock<Regex> = LazyLock::new(|| regex(r#""(\$\([^"]*\)|[^"$`])*"|'[^']*'"#));
    if let Some((_, pair)) = PAIRS.iter().find(|(sh, _)| *sh == command) {
        return Ok((*pair).to_string());
    }
    if let Some(parts) = VARIABLE.captures(command) {
        return Ok(format!("$env:{} = \"{}\"; {}", &parts[1], &parts[2], translate(&parts[3])?));
    }
    // Quoted text is the same in both shells.
    let bare = QUOTED.replace_all(command, "");
    if bare.contains([';', '|', '&', '<', '>', '$', '`', '\\', '*']) || bare.contains("/dev/") {
        return Err("add its PowerShell form to PAIRS in powershell.rs".to_string());
    }
    let (program, rest) = command.split_once(' ').unwrap_or((command, ""));
    match program {
        "curl" => Ok(format!("curl.exe {rest}")),
        "export" => {
            let (name, value) = rest.split_once('=').ok_or("export needs a value")?;
            Ok(format!("$env:{name} = {value}"))
        }
        "pkill" => {
            let name =
                rest.strip_prefix("-KILL ").ok_or("only pkill -KILL NAME can be translated")?;
            Ok(match name.strip_prefix("-f ") {
                Some(text) => format!(
                    "Get-CimInstance Win32_Process | Where-Object CommandLine -Match \"{text}\" | \
                     ForEach-Object {{ Stop-Process -Force $_.ProcessId }}"
                ),
                None => format!("Stop-Process -Force -Name {name}"),
            })
        }
        _ if SAME.contains(&program) => Ok(command.to_string()),
        _ => Err(format!("add {program} to SAME in powershell.rs, or add a rule for it")),
    }
}

/// Adds the PowerShell form after each `console` fence, and in each sentence with a command that
/// sets a variable. The error contains the command and the reason.
pub(crate) fn add(page: &str) -> Result<String, (String, String)> {
    static INLINE: LazyLock<Regex> =
        LazyLock::new(|| regex(r"`((?:[A-Z_]+=[^`\s]+ )+cargo [^`]+)`"));
    let mut result = String::new();
    let mut fence: Option<Fence> = None;
    for line in page.split_inclusive('\n') {
        let text = line.trim_end();
        match &mut fence {
            None => match Fence::open(text) {
                Some(open) => {
                    fence = Some(open);
                    result.push_str(line);
                }
                None => result.push_str(&INLINE.replace_all(line, both)),
            },
            Some(open) if text.trim_start() == open.ticks => {
                result.push_str(line);
                if let Some(twin) = open.twin() {
                    result.push_str(&twin);
                }
                fence = None;
            }
            Some(open) => {
                result.push_str(line);
                open.read(text)?;
            }
        }
    }
    Ok(result)
}

fn both(found: &Captures<'_>) -> String {
    let sh = &found[1];
    let Ok(powershell) = translate(sh) else { return found[0].to_string() };
    // On one line, because a line feed could end the paragraph in Markdown.
    format!("<code class=\"for-sh\">{sh}</code><code class=\"for-powershell\">{powershell}</code>")
}

/// A fence, and its commands if it contains any.
struct Fence {
    indent: String,
    ticks: String,
    is_console: bool,
    /// For `sh`, and for PowerShell.
    commands: Vec<(String, String)>,
}

impl Fence {
    fn open(line: &str) -> Option<Self> {
        let start = line.trim_start();
        let info = start.trim_start_matches('`');
        let ticks = &start[..start.len() - info.len()];
        (ticks.len() >= 3).then(|| Self {
            indent: line[..line.len() - start.len()].to_string(),
            ticks: ticks.to_string(),
            is_console: info == "console",
            commands: Vec::new(),
        })
    }

    fn read(&mut self, line: &str) -> Result<(), (String, String)> {
        if self.is_console
            && let Some(command) = line.trim_start().strip_prefix("$ ")
        {
            let translated = translate(command).map_err(|why| (command.to_string(), why))?;
            self.commands.push((command.to_string(), translated));
        }
        Ok(())
    }

    /// The fence with the PowerShell form, if that form differs.
    fn twin(&self) -> Option<String> {
        let Self { indent, ticks, commands, .. } = self;
        commands.iter().any(|(sh, powershell)| sh != powershell).then(|| {
            let lines = commands.iter().map(|(_, it)| format!("{indent}PS> {it}\n"));
            let lines: String = lines.collect();
            format!("\n{indent}{ticks}powershell\n{lines}{indent}{ticks}\n")
        })
    }
}

fn regex(text: &str) -> Regex {
    Regex::new(text).expect("the expression is valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_translated() {
        for (sh, powershell) in [
            ("cargo run -p step-01", "cargo run -p step-01"),
            (
                "PORT=8001 OTEL_SERVICE_NAME=verdicts cargo run -p step-06",
                "$env:PORT = \"8001\"; $env:OTEL_SERVICE_NAME = \"verdicts\"; cargo run -p step-06",
            ),
            ("export A='b;c'", "$env:A = 'b;c'"),
            ("export A=\"$(az login)\"", "$env:A = \"$(az login)\""),
            ("curl -i 'http://127.0.0.1/(1)'", "curl.exe -i 'http://127.0.0.1/(1)'"),
            ("A= cargo run", "$env:A = \"\"; cargo run"),
            ("pkill -KILL step-02", "Stop-Process -Force -Name step-02"),
            (
                "pkill -KILL -f agent.yml",
                "Get-CimInstance Win32_Process | Where-Object CommandLine -Match \"agent.yml\" | \
                 ForEach-Object { Stop-Process -Force $_.ProcessId }",
            ),
        ] {
            assert_eq!(translate(sh).as_deref(), Ok(powershell));
        }
    }

    #[test]
    fn a_command_that_no_rule_translates_is_rejected() {
        for sh in [
            "cargo run -p step-01 | head",
            "curl -o /dev/null http://127.0.0.1",
            "cargo build && cargo run",
            "A=$B cargo run",
            "awk x",
            "cargo run -p \"$STEP\"",
            "export A",
        ] {
            assert!(translate(sh).is_err(), "{sh}");
        }
    }

    #[test]
    fn a_fence_gets_a_twin_only_if_the_forms_differ() {
        let same = "a\n\n```console\n$ cargo run\n```\nb `cargo run`\n";
        assert_eq!(add(same).as_deref(), Ok(same));
        let page = "- a\n\n  ```console\n  $ cargo build\n  $ A=1 cargo run\n  ```\n\nUse `A=1 cargo run`.\n";
        let added = add(page).unwrap();
        let twin =
            "  ```\n\n  ```powershell\n  PS> cargo build\n  PS> $env:A = \"1\"; cargo run\n  ```\n";
        assert!(added.contains(twin), "{added}");
        assert!(added.contains("<code class=\"for-powershell\">$env:A = "), "{added}");
        let inline = "| `A=1 B=2 cargo run` |\n";
        assert!(add(inline).unwrap().contains("$env:A = \"1\"; $env:B = \"2\"; cargo run"));
        // A listing is not a command.
        let listing = "````text\n```console\n$ awk\n```\n````\n";
        assert_eq!(add(listing).as_deref(), Ok(listing));
    }
}
