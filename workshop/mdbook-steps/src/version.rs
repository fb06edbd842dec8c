//! `{{#version axum}}`: the version of a dependency.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::directive::Directive;
use crate::error::missing;
use crate::page::Page;
use crate::workspace::Workspace;

pub(crate) fn expand(directive: &Directive, page: &mut Page) -> Result<String> {
    directive.allow_options(&[])?;
    let [name] = directive.exactly("{{#version axum}}")?;
    match name {
        "rust" => rust(page.workspace),
        "collector" => image(page.workspace, "docker-compose.yml", name),
        "grafana" | "prometheus" => image(page.workspace, "prometheus/docker-compose.yml", name),
        name => locked(page.workspace, name),
    }
}

#[derive(Deserialize)]
struct Manifest {
    workspace: ManifestWorkspace,
}

#[derive(Deserialize)]
struct ManifestWorkspace {
    package: ManifestPackage,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ManifestPackage {
    rust_version: String,
}

fn rust(workspace: &Workspace) -> Result<String> {
    let manifest: Manifest = toml(workspace, "Cargo.toml")?;
    Ok(manifest.workspace.package.rust_version)
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
}

fn locked(workspace: &Workspace, name: &str) -> Result<String> {
    let lock: Lock = toml(workspace, "Cargo.lock")?;
    let found: Vec<&Locked> = lock.package.iter().filter(|it| it.name == name).collect();
    match found[..] {
        [package] => Ok(package.version.clone()),
        [] => {
            // Suggests only similar names: a message with all names would be too long.
            let names: Vec<&str> = lock.package.iter().map(|it| it.name.as_str()).collect();
            let names = similar::get_close_matches(name, &names, 3, 0.6);
            let names: Vec<String> = names.into_iter().map(str::to_string).collect();
            Err(missing(format!("`{name}` in Cargo.lock"), name, &names))
        }
        [one, other, ..] => {
            bail!("the version of `{name}` is ambiguous: {}, {}", one.version, other.version)
        }
    }
}

fn toml<T: DeserializeOwned>(workspace: &Workspace, path: &str) -> Result<T> {
    toml::from_str(&workspace.read(path)?.text).with_context(|| path.to_string())
}

#[derive(Deserialize)]
struct Compose {
    services: BTreeMap<String, Service>,
}

#[derive(Deserialize)]
struct Service {
    image: Option<String>,
}

/// The image version of a service in a compose file.
fn image(workspace: &Workspace, path: &str, service: &str) -> Result<String> {
    let source = workspace.read(path)?;
    let compose: Compose =
        serde_saphyr::from_str(&source.text).with_context(|| path.to_string())?;
    let image = compose.services.get(service).and_then(|service| service.image.as_deref());
    let tag = image.and_then(tag).with_context(|| {
        format!("{path}: the service `{service}` needs an image with a version")
    })?;
    Ok(tag.trim_start_matches('v').to_string())
}

/// The tag in `name:tag@sha256:...`. A registry may have a port: `host:5000/name:tag`.
fn tag(image: &str) -> Option<&str> {
    let (_, name) = image.rsplit_once('/').unwrap_or(("", image));
    let (_, tag) = name.split('@').next()?.split_once(':')?;
    Some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_tag_of_an_image() {
        assert_eq!(tag("otel/collector:0.162.0"), Some("0.162.0"));
        assert_eq!(tag("host:5000/otel/collector:0.1@sha256:abc"), Some("0.1"));
        assert_eq!(tag("host:5000/otel/collector"), None);
        assert_eq!(tag("collector@sha256:abc"), None);
    }
}
