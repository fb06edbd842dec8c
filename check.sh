#!/bin/sh
# Checks within seconds what the workshop needs before its first build: Rust, a linker, disk space.
# Type: sh check.sh (on Windows, check.ps1 does the same). It changes nothing. `cargo workshop
# doctor` checks the rest, but has to be built first. Tested on Linux, not yet on macOS.
set -u
cd "$(dirname "$0")" || exit 1

wrong=0

# The words are those of the doctor.
ok() {
    printf 'ok      %-10s  %s\n' "$1" "$2"
}

# Arguments: the subject, the problem, and the fixes, which are printed one per line.
wrong() {
    printf 'WRONG   %-10s  %s\n' "$1" "$2"
    shift 2
    for fix in "$@"; do
        printf '%20sfix: %s\n' '' "$fix"
    done
    wrong=$((wrong + 1))
}

online="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
offline='without a network: run the installer for your system in the folder installers of the USB stick'

# The rust-version in Cargo.toml, such as 1.95.
needed_rust() {
    while IFS= read -r line; do
        case $line in
        rust-version*\"*\"*)
            line=${line#*\"}
            printf '%s\n' "${line%%\"*}"
            ;;
        esac
    done <Cargo.toml
}

# Whether version $1 is at least $2. Both begin with two numbers.
at_least() {
    have_minor=${1#*.} need_minor=${2#*.}
    have_minor=${have_minor%%[!0-9]*} need_minor=${need_minor%%[!0-9]*}
    [ "${1%%.*}" -gt "${2%%.*}" ] ||
        { [ "${1%%.*}" -eq "${2%%.*}" ] && [ "$have_minor" -ge "$need_minor" ]; }
}

check_version() {
    program=$1 needed=$2
    if ! path=$(command -v "$program"); then
        if [ -x "${HOME:-}/.cargo/bin/$program" ]; then
            # shellcheck disable=SC2016 # The user's shell expands it.
            wrong "$program" 'installed, but this terminal does not find it' \
                '. "$HOME/.cargo/env", or open a new terminal'
        else
            wrong "$program" 'not installed' "$online" "$offline"
        fi
        return
    fi
    if ! answer=$("$program" --version 2>&1); then
        wrong "$program" "${answer%%
*}" 'rustup default stable' "$offline"
        return
    fi
    version=${answer#* }
    version=${version%% *}
    case $version in
    [0-9]*.[0-9]*) ;;
    *)
        wrong "$program" "$path prints no version" "$online"
        return
        ;;
    esac
    if at_least "$version" "$needed"; then
        ok "$program" "$version"
    elif command -v rustup >/dev/null; then
        wrong "$program" "$version in $path, but $needed is needed" 'rustup update' "$offline"
    else
        # Rust is a package of the system, which rustup does not update.
        wrong "$program" "$version in $path, but $needed is needed" "$online" "$offline"
    fi
}

# Links a program, because cc may exist but not work.
check_linker() {
    case $(uname -s) in
    Darwin) fix='xcode-select --install' ;;
    *) fix='sudo apt install gcc (Debian, Ubuntu), or sudo dnf install gcc (Fedora)' ;;
    esac
    if ! rustc --version >/dev/null 2>&1; then
        command -v cc >/dev/null || wrong linker 'there is no cc' "$fix"
        return
    fi
    folder=$(mktemp -d) || return
    printf 'fn main() {}\n' >"$folder/main.rs"
    if errors=$(rustc --edition 2021 -o "$folder/main" "$folder/main.rs" 2>&1); then
        ok linker 'links a program'
    else
        wrong linker "rustc cannot link a program: ${errors%%
*}" "$fix"
    fi
    rm -rf "$folder"
}

# Whether everything is built that `cargo workshop prepare` builds.
is_built() {
    for program in collector app-insights workshop; do
        [ -f "$target/$program" ] || return 1
    done
    for step in steps/*/; do
        step=${step#steps/}
        [ -f "$target/step-${step%%-*}" ] || return 1
    done
}

# In megabytes, as in workshop/cli/src/doctor/disk.rs.
check_disk() {
    target=${CARGO_TARGET_DIR:-target}/debug
    if is_built; then needed=500; else needed=4000; fi
    free=$(df -Pk . 2>/dev/null | { read -r _ && read -r _ _ _ free _ && echo "$free"; })
    case $free in
    '' | *[!0-9]*)
        ok 'disk space' unknown
        return
        ;;
    esac
    free=$((free * 128 / 125000))
    if [ "$free" -ge "$needed" ]; then
        ok 'disk space' "$free MB free"
    else
        wrong 'disk space' "$free MB free, but up to $needed MB are needed" \
            'delete files, or type cargo clean in projects that you do not need now'
    fi
}

needed=$(needed_rust)
check_version rustc "$needed"
check_version cargo "$needed"
check_linker
check_disk

echo
if [ "$wrong" -gt 0 ]; then
    echo 'Type each fix, and then sh check.sh again. A program that was installed needs a new terminal.'
    echo 'If nothing helps, work with a neighbor: one machine is enough for two people.'
    exit 1
fi
echo 'Ready to build. Next: cargo workshop prepare'
