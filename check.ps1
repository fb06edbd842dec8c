# Checks within seconds what the workshop needs before its first build: Rust, a linker, disk space.
# Type: powershell -ExecutionPolicy Bypass -File check.ps1 (on Linux and macOS, sh check.sh does the
# same). It changes nothing. `cargo workshop doctor` checks the rest, but has to be built first.
# This script has not been run yet: only its syntax is tested. Please report its errors.
Set-Location $PSScriptRoot
$script:wrong = 0

function Write-Ok($what, $found) {
    Write-Host ("ok      {0,-10}  {1}" -f $what, $found)
}

function Write-Wrong($what, $found, [string[]]$fixes) {
    Write-Host ("WRONG   {0,-10}  {1}" -f $what, $found)
    foreach ($fix in $fixes) {
        Write-Host ("{0,20}fix: {1}" -f "", $fix)
    }
    $script:wrong += 1
}

$online = "winget install Rustlang.Rustup, or https://rustup.rs"
$offline = "without a network: run the installer for Windows in the folder installers of the USB stick"
$needed = [version]([regex]::Match((Get-Content -Raw Cargo.toml), 'rust-version = "([0-9.]+)"').Groups[1].Value)

foreach ($program in "rustc", "cargo") {
    $command = Get-Command $program -ErrorAction SilentlyContinue
    if (-not $command) {
        Write-Wrong $program "not found by this terminal" @($online, $offline, "if it is installed: open a new terminal")
        continue
    }
    $answer = & $program --version 2>&1 | Out-String
    $match = [regex]::Match($answer, "^\w+ ([0-9]+\.[0-9]+)")
    if (-not $match.Success) {
        Write-Wrong $program $answer.Trim() @("rustup default stable", $offline)
    } elseif ([version]$match.Groups[1].Value -lt $needed) {
        $found = "{0} in {1}, but {2} is needed" -f $match.Groups[1].Value, $command.Source, $needed
        Write-Wrong $program $found @("rustup update", $offline)
    } else {
        Write-Ok $program $match.Groups[1].Value
    }
}

# Links a program: only this proves that the Build Tools are complete.
if (Get-Command rustc -ErrorAction SilentlyContinue) {
    $folder = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
    New-Item -ItemType Directory $folder | Out-Null
    Set-Content -Encoding ASCII (Join-Path $folder "main.rs") "fn main() {}"
    $errors = & rustc --edition 2021 -o (Join-Path $folder "main.exe") (Join-Path $folder "main.rs") 2>&1 | Out-String
    if ($LASTEXITCODE -eq 0) {
        Write-Ok "linker" "links a program"
    } else {
        $first = ($errors.Trim() -split "\r?\n")[0]
        Write-Wrong "linker" "rustc cannot link a program: $first" @(
            "winget install Microsoft.VisualStudio.2022.BuildTools, and choose Desktop development with C++",
            "without a network: the layout of the Build Tools in the folder installers of the USB stick"
        )
    }
    Remove-Item -Recurse $folder
}

# The same numbers as in check.sh.
$target = if ($env:CARGO_TARGET_DIR) { $env:CARGO_TARGET_DIR } else { "target" }
$programs = @("collector", "app-insights", "workshop")
$programs += Get-ChildItem -Directory steps | ForEach-Object { "step-" + $_.Name.Split("-")[0] }
$missing = $programs | Where-Object { -not (Test-Path (Join-Path $target "debug/$_.exe")) }
$enough = if ($missing) { 4000 } else { 500 }
$free = [math]::Floor((Get-Item .).PSDrive.Free / 1e6)
if ($free -ge $enough) {
    Write-Ok "disk space" "$free MB free"
} else {
    Write-Wrong "disk space" "$free MB free, but up to $enough MB are needed" @(
        "delete files, or type cargo clean in projects that you do not need now"
    )
}

Write-Host ""
if ($script:wrong -gt 0) {
    Write-Host "Type each fix, and then this command again. A program that was installed needs a new terminal."
    Write-Host "If nothing helps, work with a neighbor: one machine is enough for two people."
    exit 1
}
Write-Host "Ready to build. Next: cargo workshop prepare"
