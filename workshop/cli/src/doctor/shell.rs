//! How to say it to the user's shell: PowerShell on Windows, one like `sh` elsewhere.

/// Sets a variable for all that is started afterwards.
pub(super) fn set(name: &str, value: &str) -> String {
    if cfg!(windows) {
        format!("$env:{name} = \"{value}\"")
    } else {
        format!("export {name}=\"{value}\"")
    }
}

/// The value of a variable, within the value of another.
pub(super) fn value_of(name: &str) -> String {
    if cfg!(windows) { format!("$env:{name}") } else { format!("${name}") }
}

/// Takes variables away.
pub(super) fn unset<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().collect();
    if cfg!(windows) {
        let names: Vec<_> = names.iter().map(|name| format!("Env:{name}")).collect();
        format!("Remove-Item {}", names.join(", "))
    } else {
        format!("unset {}", names.join(" "))
    }
}

/// Runs `command` with a variable that it alone sees, or nearly so.
pub(super) fn with(name: &str, value: &str, command: &str) -> String {
    if cfg!(windows) {
        format!("$env:{name} = \"{value}\"; {command}")
    } else {
        format!("{name}={value} {command}")
    }
}

/// Names the program that listens on `port`.
pub(super) fn who_listens(port: u16) -> String {
    if cfg!(windows) {
        format!(
            "Get-Process -Id (Get-NetTCPConnection -State Listen -LocalPort {port}).OwningProcess"
        )
    } else if cfg!(target_os = "linux") {
        format!("ss -ltnp 'sport = :{port}'")
    } else {
        format!("lsof -nP -iTCP:{port} -sTCP:LISTEN")
    }
}
