//! The pages for contributors: the drawing of the packages in `ARCHITECTURE.md` comes from
//! `cargo metadata`, and every file that a page names exists.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write,
    fs,
    path::Path,
};

use harness::Program;
use serde_json::Value;
use tests::root;

/// The pages outside the book.
const PAGES: [&str; 4] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "azure/README.md"];

const BEGIN: &str = "<!-- Drawn by tests/repository/architecture.rs -->\n";
const END: &str = "<!-- Until here -->\n";

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The data of a package in the drawing.
struct Package {
    folder: String,
    description: String,
    /// The packages that the package is built with.
    uses: BTreeSet<String>,
    /// The packages that only its tests are built with.
    tested_with: BTreeSet<String>,
}

/// The packages of this workspace, by name.
fn packages() -> BTreeMap<String, Package> {
    let cargo = Program::cargo().args(["metadata", "--no-deps", "--locked", "--format-version=1"]);
    let finished = cargo.current_dir(root()).run().unwrap();
    assert!(finished.status.success(), "{}", finished.stderr);
    let metadata: Value = serde_json::from_str(&finished.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let packages = metadata["packages"].as_array().unwrap().iter().map(|package| {
        let manifest = text(&package["manifest_path"]);
        let folder = Path::new(&manifest).parent().unwrap().strip_prefix(root()).unwrap();
        // A dependency with a path is in this repository.
        let own =
            package["dependencies"].as_array().unwrap().iter().filter(|d| d["path"].is_string());
        let (dev, other): (Vec<_>, Vec<_>) = own.partition(|d| d["kind"] == "dev");
        let names = |list: Vec<&Value>| list.iter().map(|d| text(&d["name"])).collect();
        let uses: BTreeSet<_> = names(other);
        let tested_with: BTreeSet<_> = names(dev);
        let package_of = Package {
            folder: folder.to_str().unwrap().replace('\\', "/"),
            description: text(&package["description"]),
            tested_with: tested_with.difference(&uses).cloned().collect(),
            uses,
        };
        (text(&package["name"]), package_of)
    });
    packages.collect()
}

/// A flowchart in Mermaid, which GitHub draws, and a table with the same content for readers who
/// cannot see the chart.
fn drawing() -> String {
    let packages = packages();
    let id = |name: &str| name.replace('-', "_");
    let mut text = String::from("\n```mermaid\nflowchart LR\n");
    text += "  accTitle: The packages of this workspace\n";
    text += "  accDescr: The table below says the same in words.\n";
    let group = |package: &Package| package.folder.split('/').next().unwrap().to_string();
    let groups: BTreeSet<_> = packages.values().map(group).collect();
    for name in groups {
        // A folder that is itself a package needs no frame.
        if packages.values().any(|package| package.folder == name) {
            continue;
        }
        writeln!(text, "  subgraph {name}_folder[\"{name}/\"]").unwrap();
        for (package, _) in packages.iter().filter(|(_, package)| group(package) == name) {
            writeln!(text, "    {}[\"{package}\"]", id(package)).unwrap();
        }
        text += "  end\n";
    }
    for (name, package) in &packages {
        for (arrow, targets) in [("-->", &package.uses), ("-.->", &package.tested_with)] {
            for target in targets {
                writeln!(text, "  {} {arrow} {}", id(name), id(target)).unwrap();
            }
        }
    }
    text +=
        "```\n\n| package | what it is | built with | its tests also with |\n|---|---|---|---|\n";
    for (name, package) in &packages {
        let Package { folder, description, .. } = package;
        let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
        let (uses, tested_with) = (list(&package.uses), list(&package.tested_with));
        writeln!(text, "| [{name}]({folder}) | {description} | {uses} | {tested_with} |").unwrap();
    }
    text + "\n"
}

#[test]
fn drawing_matches_the_workspace() {
    let page = read("ARCHITECTURE.md");
    let (before, rest) = page.split_once(BEGIN).expect("the place for the picture");
    let (drawn, after) = rest.split_once(END).expect("the end of the picture");
    let drawing = drawing();
    if drawn != drawing && env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        let page = format!("{before}{BEGIN}{drawing}{END}{after}");
        return fs::write(root().join("ARCHITECTURE.md"), page).unwrap();
    }
    assert_eq!(
        drawn, drawing,
        "draw it again: INSTA_UPDATE=always cargo test -p tests --test repository"
    );
}

/// Each step can be read by itself.
#[test]
fn steps_use_no_package_of_the_workspace() {
    for (name, package) in packages() {
        let is_step = package.folder.starts_with("steps/");
        assert!(!is_step || package.uses.is_empty(), "{name} uses {:?}", package.uses);
        assert!(!package.description.is_empty(), "{name} has no description");
    }
}

/// The texts between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Every file below the root, except build output and ignored files.
fn files(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if name == "target" || name == ".git" {
            continue;
        }
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/"));
        }
    }
}

#[test]
fn files_named_on_pages_exist() {
    let mut all = Vec::new();
    files(root(), &mut all);
    let mut named = 0;
    for page in PAGES {
        let text = read(page);
        // Code blocks contain commands and templates.
        let prose: Vec<_> = text.split("```").step_by(2).collect();
        for name in prose.iter().flat_map(|text| quoted(text)) {
            let is_file = Path::new(name).extension().is_some_and(|end| {
                ["bicep", "md", "rs", "snap", "toml", "yml"].iter().any(|e| end == *e)
            });
            // Patterns and examples of new files are not checked.
            if !is_file || name.contains(['*', '<', ' ']) {
                continue;
            }
            let end = format!("/{name}");
            assert!(all.iter().any(|file| *file == name || file.ends_with(&end)), "{page}: {name}");
            named += 1;
        }
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if link.contains("://") || link.starts_with('#') {
                continue;
            }
            let file = link.split('#').next().unwrap();
            let target = root().join(page).parent().unwrap().join(file);
            assert!(target.exists(), "{page}: {link}");
        }
    }
    assert!(named > 40, "only {named} files are named");
}
