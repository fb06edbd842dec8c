//! The workshop's folder.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result, bail};
use toml::Table;

/// The oldest Rust that builds the workshop.
pub const RUST_VERSION: &str = env!("CARGO_PKG_RUST_VERSION");

/// The folder with the book and the steps.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The workshop in `root`, or else in the current folder or above it.
    pub fn find(root: Option<&Path>) -> Result<Self> {
        let here = env::current_dir().context("Cannot find the current folder")?;
        if let Some(root) = root {
            let root = here.join(root);
            if !is_workshop(&root) {
                bail!(
                    "{} is not the workshop's folder: it has no book/book.toml. Pass the folder \
                     of your clone to --root",
                    root.display()
                );
            }
            return Ok(Self { root });
        }
        let root = here.ancestors().find(|folder| is_workshop(folder)).with_context(|| {
            format!(
                "{} is not in the workshop: no folder above it has a book/book.toml. Change to \
                 the folder of your clone, or pass it to --root",
                here.display()
            )
        })?;
        Ok(Self { root: root.to_owned() })
    }

    /// The folder, an absolute path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder with `book.toml`.
    pub fn book(&self) -> PathBuf {
        self.root.join("book")
    }

    /// The steps, in order.
    pub fn steps(&self) -> Result<Vec<Step>> {
        let folder = self.root.join("steps");
        let entries = fs::read_dir(&folder);
        let entries = entries.with_context(|| format!("Cannot read {}", folder.display()))?;
        let mut manifests: Vec<_> =
            entries.flatten().map(|entry| entry.path().join("Cargo.toml")).collect();
        manifests.retain(|manifest| manifest.is_file());
        manifests.sort();
        manifests.iter().map(|manifest| Step::read(manifest)).collect()
    }
}

fn is_workshop(folder: &Path) -> bool {
    folder.join("book/book.toml").is_file()
}

/// A step of the workshop.
#[derive(Clone, Debug)]
pub struct Step {
    /// The name of the package.
    pub package: String,
    /// The destination of its telemetry.
    pub telemetry: Telemetry,
}

/// The destination of a step's telemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telemetry {
    /// The step has no telemetry.
    None,
    /// The stdout of the step.
    Console,
    /// A Collector.
    Collector,
    /// Application Insights.
    AppInsights,
}

impl Step {
    // `cargo metadata` is not used, because the doctor also runs where cargo is missing.
    fn read(manifest: &Path) -> Result<Self> {
        let path = manifest.display();
        let text = fs::read_to_string(manifest).with_context(|| format!("Cannot read {path}"))?;
        let table: Table = text.parse().with_context(|| format!("Cannot read {path}"))?;
        let package = table.get("package").and_then(|package| package.get("name")?.as_str());
        let package = package.with_context(|| format!("{path} has no package name"))?;
        let uses =
            |name: &str| table.get("dependencies").is_some_and(|all| all.get(name).is_some());
        let telemetry = if uses("opentelemetry-stdout") {
            Telemetry::Console
        } else if uses("opentelemetry-application-insights") {
            // Even if the step has an OTLP exporter: a connection string takes precedence.
            Telemetry::AppInsights
        } else if uses("opentelemetry-otlp") {
            Telemetry::Collector
        } else {
            Telemetry::None
        };
        Ok(Self { package: package.to_owned(), telemetry })
    }
}
