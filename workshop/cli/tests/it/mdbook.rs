//! The real mdBook serves the book.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use harness::{Program, http, target_beside, wait_until};

use crate::workshop::{repository, skip};

/// Enough for a build on a slow machine.
const LIMIT: Duration = Duration::from_secs(1800);

#[test]
#[ignore = "builds the preprocessor again"]
fn mdbook_serve_follows_pages_and_steps() {
    let Some(mdbook) = env::var_os("MDBOOK") else {
        return skip("MDBOOK is not set to the path of an mdbook");
    };
    let mdbook = Path::new(&mdbook);
    let version = Program::new(mdbook).arg("--version").run().unwrap().stdout;
    assert_eq!(version.trim(), format!("mdbook v{}", locked_version("mdbook-driver")));

    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    cli::pack::files::copy(&repository(), root).unwrap();
    let target = repository().canonicalize().unwrap().join("target");
    let target = target_beside(&target, "mdbook").unwrap();
    let arguments = ["build", "--locked", "--package", "mdbook-steps"];
    let build = Program::cargo().args(arguments).current_dir(root).env("CARGO_TARGET_DIR", &target);
    let finished = build.limit(LIMIT).run().unwrap();
    assert!(finished.status.success(), "{}", finished.stderr);

    let port = free_port();
    let serve = Program::new(mdbook).args(["serve", "book", "--port"]).arg(port.to_string());
    let serve = serve.current_dir(root).env("CARGO_TARGET_DIR", &target).own_group();
    let serving = serve.limit(LIMIT).start_when("Serving on").unwrap();
    let page = || {
        let page = http::get(&format!("http://127.0.0.1:{port}/step-01.html"));
        page.map(|page| page.text()).unwrap_or_default()
    };
    wait_until("the page of step 01", || page().contains("<h1")).unwrap();

    change(&root.join("steps/01-plain-app/src/app.rs"), "\n// Added to a step.\n");
    wait_until("the change of a step", || page().contains("Added to a step.")).unwrap();
    change(&root.join("book/src/step-01.md"), "\nAdded to a page.\n");
    wait_until("the change of a page", || page().contains("Added to a page.")).unwrap();
    serving.kill().unwrap();
}

/// The version of a package in Cargo.lock.
fn locked_version(name: &str) -> String {
    let lock = fs::read_to_string(repository().join("Cargo.lock")).unwrap();
    let package = lock.split(&format!("name = \"{name}\"\nversion = \"")).nth(1).unwrap();
    package.split('"').next().unwrap().to_owned()
}

/// mdBook does not print the port that the system chooses for port 0.
fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn change(path: &PathBuf, addition: &str) {
    let text = fs::read_to_string(path).unwrap();
    fs::write(path, text + addition).unwrap();
}
