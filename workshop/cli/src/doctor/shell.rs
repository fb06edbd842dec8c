//! Commands for the user's shell: PowerShell on Windows, `sh` elsewhere.

/// Sets a variable.
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

/// Removes variables.
pub(super) fn unset(names: &[&str]) -> String {
    if cfg!(windows) {
        format!("Remove-Item Env:{}", names.join(", Env:"))
    } else {
        format!("unset {}", names.join(" "))
    }
}

/// Runs `command` with a variable.
pub(super) fn with(name: &str, value: &str, command: &str) -> String {
    if cfg!(windows) {
        format!("$env:{name} = \"{value}\"; {command}")
    } else {
        format!("{name}={value} {command}")
    }
}

/// Prints the program that listens on `port`.
pub(super) fn find_listener(port: u16) -> String {
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
