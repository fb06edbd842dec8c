//! `{{#version axum}}`: the version that the workspace locks.

use std::collections::BTreeSet;

use toml::{Table, Value};

use crate::directive::Directive;
use crate::error::Problem;
use crate::used::Used;
use crate::workspace::Workspace;

pub(crate) fn expand(
    directive: &Directive,
    workspace: &Workspace,
    used: &mut Used,
) -> Result<String, Problem> {
    directive.only(&[])?;
    let [name] = directive.exactly("version axum")?;
    let version = match name {
        "rust" => rust(workspace)?,
        "collector" => collector(workspace)?,
        name => locked(&toml(workspace, "Cargo.lock")?, name)?,
    };
    used.versions.insert(name.to_string());
    Ok(version)
}

fn toml(workspace: &Workspace, path: &str) -> Result<Table, Problem> {
    let source = workspace.read(path)?;
    source.text.parse().map_err(|error: toml::de::Error| Problem::broken(path, error))
}

fn rust(workspace: &Workspace) -> Result<String, Problem> {
    let manifest = toml(workspace, "Cargo.toml")?;
    let version = manifest.get("workspace").and_then(|it| it.get("package")?.get("rust-version"));
    version.and_then(Value::as_str).map(str::to_string).ok_or_else(|| {
        Problem::missing("`workspace.package.rust-version` in Cargo.toml", "rust", Vec::new())
    })
}

/// The tag of the image that docker-compose.yml runs as the service `collector`.
fn collector(workspace: &Workspace) -> Result<String, Problem> {
    let path = "docker-compose.yml";
    let source = workspace.read(path)?;
    let mut image = None;
    let mut within = false;
    for line in source.text.lines() {
        let name = line.trim();
        let indent = line.len() - line.trim_start().len();
        if name.ends_with(':') && indent <= 2 {
            within = indent == 2 && name == "collector:";
        }
        if within && let Some(value) = name.strip_prefix("image:") {
            image = value.split_whitespace().next().map(|it| it.trim_matches(['"', '\'']));
        }
    }
    let tag = image.and_then(|image| {
        // `name:tag@sha256:...`, and a registry may have a port: `host:5000/name:tag`.
        let image = image.split('@').next()?;
        image.rsplit('/').next()?.split_once(':').map(|(_, tag)| tag.to_string())
    });
    tag.ok_or_else(|| Problem::broken(path, "the service `collector` has no image with a version"))
}

/// The one version in the lock file, or else the one that the workspace's own packages ask for.
fn locked(lock: &Table, name: &str) -> Result<String, Problem> {
    let packages: Vec<&Table> = lock
        .get("package")
        .and_then(Value::as_array)
        .map(|packages| packages.iter().filter_map(Value::as_table).collect())
        .unwrap_or_default();
    let text =
        |package: &Table, key: &str| package.get(key).and_then(Value::as_str).map(str::to_string);
    let versions: BTreeSet<String> = packages
        .iter()
        .filter(|package| text(package, "name").as_deref() == Some(name))
        .filter_map(|package| text(package, "version"))
        .collect();
    // Packages without a source are the workspace's own. Where a name alone would not do, the lock
    // file has the version after it.
    let own = packages.iter().filter(|package| !package.contains_key("source"));
    let direct: BTreeSet<String> = own
        .filter_map(|package| package.get("dependencies")?.as_array())
        .flatten()
        .filter_map(Value::as_str)
        .filter_map(|dependency| {
            let mut words = dependency.split(' ');
            (words.next() == Some(name)).then(|| words.next().map(str::to_string)).flatten()
        })
        .collect();
    let mut candidates = if versions.len() > 1 && !direct.is_empty() { direct } else { versions };
    match (candidates.pop_first(), candidates.len()) {
        (Some(version), 0) => Ok(version),
        (Some(version), _) => Err(Problem::Ambiguous {
            what: format!("the version of `{name}`"),
            those: std::iter::once(version).chain(candidates).collect(),
        }),
        (None, _) => {
            // All that are locked would be a page of names.
            let names: Vec<String> = packages.iter().filter_map(|it| text(it, "name")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let near = similar::get_close_matches(name, &names, 3, 0.6);
            let near = near.into_iter().map(str::to_string).collect();
            Err(Problem::missing(format!("`{name}` in Cargo.lock"), name, near))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
[[package]]
name = "own"
version = "0.1.0"
dependencies = ["axum", "syn 3.0.1", "base 1.0.0", "base 2.0.0"]
[[package]]
name = "axum"
version = "0.8.9"
source = "registry"
dependencies = ["syn 2.0.1", "deep 1.0.0", "deep 2.0.0"]
[[package]]
name = "syn"
version = "2.0.1"
source = "registry"
[[package]]
name = "syn"
version = "3.0.1"
source = "registry"
[[package]]
name = "base"
version = "1.0.0"
source = "registry"
[[package]]
name = "base"
version = "2.0.0"
source = "registry"
[[package]]
name = "deep"
version = "1.0.0"
source = "registry"
[[package]]
name = "deep"
version = "2.0.0"
source = "registry"
"#;

    fn version(name: &str) -> Result<String, String> {
        locked(&LOCK.parse().unwrap(), name).map_err(|problem| problem.to_string())
    }

    #[test]
    fn of_several_the_one_asked_for() {
        assert_eq!(version("axum").unwrap(), "0.8.9");
        assert_eq!(version("syn").unwrap(), "3.0.1");
    }

    #[test]
    fn ambiguous_or_missing() {
        for name in ["base", "deep"] {
            assert_eq!(
                version(name).unwrap_err(),
                format!("the version of `{name}` could be any of 1.0.0, 2.0.0")
            );
        }
        assert_eq!(
            version("axun").unwrap_err(),
            "there is no `axun` in Cargo.lock. Did you mean `axum`? There are: axum"
        );
    }

    #[test]
    fn the_collectors_image() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::new(folder.path().to_path_buf());
        for (image, expected) in [
            ("image: otel/collector:0.162.0", Some("0.162.0")),
            ("image: \"host:5000/otel/collector:0.1@sha256:abc\" # why", Some("0.1")),
            ("image: host:5000/otel/collector", None),
            ("build: .", None),
        ] {
            let text = format!(
                "services:\n  other:\n    image: a:1\n  collector:\n    {image}\n  health:\n    image: b:2\n"
            );
            std::fs::write(folder.path().join("docker-compose.yml"), text).unwrap();
            assert_eq!(collector(&workspace).ok().as_deref(), expected, "{image}");
        }
    }
}
